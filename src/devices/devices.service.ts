import { Injectable, type OnModuleInit } from '@nestjs/common';
import { StatsRegistry } from '../platform/observability/stats-registry.js';
import { ConnectionRegistry } from '../transport/connection-registry.js';
import { TeltonikaServer } from '../transport/teltonika-server.js';
import { TransportCounters } from '../transport/transport-counters.js';
import { DeviceDto } from './device.dto.js';
import { DeviceNotConnectedError } from './device.errors.js';

/** Who is connected. */
@Injectable()
export class DevicesService implements OnModuleInit {
  constructor(
    private readonly connections: ConnectionRegistry,
    private readonly server: TeltonikaServer,
    private readonly counters: TransportCounters,
    private readonly stats: StatsRegistry,
  ) {}

  onModuleInit(): void {
    this.stats.register('transport', () => ({
      connections: this.server.connectionCount,
      bytesInFlight: this.server.bytesInFlight,
      ...this.counters,
    }));
  }

  get connectedCount(): number {
    return this.connections.size;
  }

  isConnected(imei: string): boolean {
    return this.connections.find(imei) !== null;
  }

  listConnected(): DeviceDto[] {
    return Array.from(this.connections.all(), ([imei, connection]) => DeviceDto.from(imei, connection));
  }

  /** Throws DeviceNotConnectedError. */
  getConnected(imei: string): DeviceDto {
    const connection = this.connections.find(imei);
    if (!connection) {
      throw new DeviceNotConnectedError();
    }
    return DeviceDto.from(imei, connection);
  }

  /** Whether a device that claims this IMEI may talk. */
  admits(_imei: string): boolean {
    return true;
  }
}
