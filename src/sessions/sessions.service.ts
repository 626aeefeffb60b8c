import { Injectable } from '@nestjs/common';
import { type InstanceRow, InstancesRepository } from '../platform/cluster/instances.repository.js';
import { isDatabaseUnavailable } from '../platform/database/database-errors.js';
import { ConnectionRegistry } from '../transport/connection-registry.js';
import { type LoginOutcome } from '../transport/patterns.js';
import { DeviceLog } from '../diagnosis/device-log.js';
import { DeviceDto } from './device.dto.js';
import { DeviceNotConnectedError, type SessionEnd, type SessionOpening } from './session.js';
import { SessionsRepository } from './sessions.repository.js';
import { SessionWriter } from './session-writer.js';

/** An instance and how many devices it holds. */
export interface ClusterInstance extends InstanceRow {
  readonly devices: number;
}

/** Which devices are connected, to any instance; opens and releases their sessions. */
@Injectable()
export class SessionsService {
  constructor(
    private readonly sessions: SessionsRepository,
    private readonly writer: SessionWriter,
    private readonly instances: InstancesRepository,
    private readonly connections: ConnectionRegistry,
    private readonly log: DeviceLog,
  ) {}

  async isConnected(imei: string): Promise<boolean> {
    return this.connections.find(imei) !== null || (await this.sessions.find(imei)) !== null;
  }

  async listConnected(): Promise<DeviceDto[]> {
    const sessions = await this.sessions.list();
    return sessions.map((session) => DeviceDto.from(session, this.connections.find(session.imei)));
  }

  /** Throws DeviceNotConnectedError. */
  async getConnected(imei: string): Promise<DeviceDto> {
    const session = await this.sessions.find(imei);
    if (!session) {
      throw new DeviceNotConnectedError();
    }
    return DeviceDto.from(session, this.connections.find(imei));
  }

  /** The number of connected devices and all instances. While the database is unavailable: the devices of this instance, and no instances. */
  async readCluster(): Promise<{ connected: number; instances: ClusterInstance[] }> {
    try {
      const [rows, devices] = await Promise.all([this.instances.list(), this.sessions.countByInstance()]);
      const instances = rows.map((row) => ({ ...row, devices: devices.get(row.instanceId) ?? 0 }));
      return { connected: [...devices.values()].reduce((sum, count) => sum + count, 0), instances };
    } catch (error) {
      if (isDatabaseUnavailable(error)) {
        return { connected: this.connections.size, instances: [] };
      }
      throw error;
    }
  }

  /** Fulfilled after the commit of the session, when every instance can see that the device is connected here. */
  async logIn(opening: SessionOpening): Promise<LoginOutcome> {
    const outcome = await this.writer.open(opening);
    if (outcome.kind === 'accept') {
      this.log.note('login', opening.imei, { address: opening.remoteAddress });
    }
    return outcome;
  }

  /** Fulfilled when the session is released, or when a newer login has taken it. */
  disconnected(end: SessionEnd): Promise<void> {
    this.log.note('closed', end.imei, { reason: end.reason });
    return this.writer.close(end);
  }
}
