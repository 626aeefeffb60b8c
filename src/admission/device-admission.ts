import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { GroupCommit } from '../platform/batching/group-commit.js';
import { DatabaseAvailability } from '../platform/database/database-availability.js';
import { type AdmissionRequest, type AdmissionRule, type LoginRefusal } from './admission-rule.js';
import { RefusedLogins } from './refused-logins.js';
import { UnregisteredDevices } from './unregistered-devices.js';
import { UnregisteredDevicesRepository } from './unregistered-devices.repository.js';

const MAX_BATCH_SIZE = 1_000;

/**
 * Decides whether a device is admitted. The statement that opens a session applies `rule` itself and reports the outcome with `noteAdmitted`
 * and `noteRefused`. `admits` is for packets that arrive without a login (UDP).
 *
 * Packets are checked in batches, one statement at a time: packets that arrive meanwhile form the next batch. Nothing is cached, so a ban
 * takes effect with its commit, on every instance. While the database is unavailable `admits` rejects at once: the packet is not
 * acknowledged, so the device sends it again.
 */
@Injectable()
export class DeviceAdmission {
  private readonly logger = new Logger(DeviceAdmission.name);
  private readonly checks = new GroupCommit<AdmissionRequest, LoginRefusal | null | undefined>({
    run: (packets) => this.check(packets),
    maxItems: MAX_BATCH_SIZE,
    // Packets that arrive in the same turn of the event loop share a batch.
    gather: () => nextTurn(),
  });
  private failing = false;

  constructor(
    private readonly repository: UnregisteredDevicesRepository,
    private readonly refused: RefusedLogins,
    private readonly unregistered: UnregisteredDevices,
    private readonly database: DatabaseAvailability,
  ) {}

  /** For the statement that opens sessions: the rule as of now. */
  get rule(): AdmissionRule {
    return this.unregistered.rule;
  }

  /** The statement that opens sessions has admitted this many devices that are not registered and were not known. */
  noteAdmitted(newDevices: number): void {
    this.unregistered.noteAdmitted(newDevices);
  }

  /** Counts and records a refused login. */
  noteRefused(imei: string, address: string, refusal: LoginRefusal): void {
    this.refused.note(imei, address, refusal);
  }

  /**
   * Whether this device may send from this address. Counts a refusal. Rejects while the database is unavailable. Only an explicit null admits a
   * device: a packet that is missing from the result is not admitted.
   */
  async admits(imei: string, address: string): Promise<boolean> {
    const refusal = await this.checks.add({ imei, address });
    if (refusal === undefined) {
      this.logger.error(`A packet of ${imei} was not admitted: the database gave no answer for it`);
      throw new Error(`No admission was read for ${imei}`);
    }
    if (refusal !== null) {
      this.refused.note(imei, address, refusal);
    }
    return refusal === null;
  }

  private async check(packets: readonly AdmissionRequest[]): Promise<(LoginRefusal | null | undefined)[]> {
    try {
      const { results: refusals, newDevices } = await this.repository.findRefusals(packets, this.unregistered.rule);
      this.unregistered.noteAdmitted(newDevices);
      this.failing = false;
      return packets.map((_packet, index) => refusals[index]);
    } catch (error) {
      this.logOnce(error);
      throw error;
    }
  }

  /** One warning per outage, not one per batch. */
  private logOnce(error: unknown): void {
    if (!this.failing) {
      this.failing = true;
      this.database.logFailure(this.logger, 'Admission could not be checked, packets stay unanswered', error);
    }
  }
}
