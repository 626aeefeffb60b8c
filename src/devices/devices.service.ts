import { Injectable } from '@nestjs/common';
import { type InstanceRow, InstancesRepository } from '../platform/cluster/instances.repository.js';
import { isDatabaseAway } from '../platform/database/database-errors.js';
import { ConnectionRegistry } from '../transport/connection-registry.js';
import { type LoginOutcome } from '../transport/patterns.js';
import { DeviceAdmission } from './device-admission.js';
import { DeviceLog } from './device-log.js';
import { DeviceDto } from './device.dto.js';
import { DeviceNotConnectedError } from './device.errors.js';
import { type SessionEnd, type SessionOpening } from './session.js';
import { SessionsRepository } from './sessions.repository.js';
import { SessionWriter } from './session-writer.js';

/** An instance and how many devices it holds. */
export interface ClusterInstance extends InstanceRow {
  readonly devices: number;
}

/** Who is connected, to whichever instance. */
@Injectable()
export class DevicesService {
  constructor(
    private readonly sessions: SessionsRepository,
    private readonly writer: SessionWriter,
    private readonly instances: InstancesRepository,
    private readonly connections: ConnectionRegistry,
    private readonly log: DeviceLog,
    private readonly admission: DeviceAdmission,
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

  /** Devices that are connected, on all instances; on this one alone, and no instances, while the database is away. */
  async readCluster(): Promise<{ connected: number; instances: ClusterInstance[] }> {
    try {
      const [rows, devices] = await Promise.all([this.instances.list(), this.sessions.countByInstance()]);
      const instances = rows.map((row) => ({ ...row, devices: devices.get(row.instanceId) ?? 0 }));
      return { connected: [...devices.values()].reduce((sum, count) => sum + count, 0), instances };
    } catch (error) {
      if (isDatabaseAway(error)) {
        return { connected: this.connections.size, instances: [] };
      }
      throw error;
    }
  }

  /** Answered when the whole cluster may know that the device is connected here. */
  async logIn(opening: SessionOpening): Promise<LoginOutcome> {
    const outcome = await this.writer.open(opening);
    if (outcome.kind === 'accept') {
      this.log.note('login', opening.imei, { address: opening.remoteAddress });
    }
    return outcome;
  }

  /** Whether this device may talk from this address: for what comes without a login. A refusal is counted like that of a login. Rejects when the database is away. */
  admits(imei: string, address: string): Promise<boolean> {
    return this.admission.admits(imei, address);
  }

  disconnected(end: SessionEnd): Promise<void> {
    this.log.note('closed', end.imei, { reason: end.reason });
    return this.writer.close(end);
  }

  /** For the diagnosis; returns at once. */
  noteRejectedFrame(imei: string, code: string): void {
    this.log.tally('rejected_frames', imei, code, 1);
  }

  /** For the diagnosis: records that were stored already came again. Returns at once. */
  noteResentRecords(imei: string, count: number): void {
    this.log.tally('resent_records', imei, 'duplicate', count);
  }
}
