import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { DatabaseAvailability } from '../platform/database/database-availability.js';
import { type AdmissionRequest, type AdmissionRule, type LoginRefusal } from './admission-rule.js';
import { RefusedLogins } from './refused-logins.js';
import { UnregisteredDevices } from './unregistered-devices.js';
import { UnregisteredDevicesRepository } from './unregistered-devices.repository.js';

const MAX_BATCH_SIZE = 1_000;

interface Waiting extends AdmissionRequest {
  readonly settle: (admits: boolean) => void;
  readonly fail: (error: unknown) => void;
}

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
  private readonly waiting: Waiting[] = [];
  private asking = false;
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

  /** Whether this device may send from this address. Counts a refusal. Rejects while the database is unavailable. */
  admits(imei: string, address: string): Promise<boolean> {
    return new Promise((settle, fail) => {
      this.waiting.push({ imei, address, settle, fail });
      void this.askAll();
    });
  }

  private async askAll(): Promise<void> {
    if (this.asking) {
      return;
    }
    this.asking = true;
    while (this.waiting.length > 0) {
      // Packets that arrive in the same turn of the event loop share a batch.
      await nextTurn();
      await this.ask(this.waiting.splice(0, MAX_BATCH_SIZE));
    }
    this.asking = false;
  }

  private async ask(batch: readonly Waiting[]): Promise<void> {
    try {
      const { results: refusals, newDevices } = await this.repository.findRefusals(batch, this.unregistered.rule);
      this.unregistered.noteAdmitted(newDevices);
      this.failing = false;
      batch.forEach((packet, index) => this.finish(packet, refusals[index]));
    } catch (error) {
      this.logOnce(error);
      batch.forEach(({ fail }) => fail(error));
    }
  }

  /** Only an explicit null admits a device: a packet that is missing from the answer is not admitted. */
  private finish({ imei, address, settle, fail }: Waiting, refusal: LoginRefusal | null | undefined): void {
    if (refusal === undefined) {
      this.logger.error(`A packet of ${imei} was not admitted: the database gave no answer for it`);
      fail(new Error(`No admission was read for ${imei}`));
      return;
    }
    if (refusal !== null) {
      this.refused.note(imei, address, refusal);
    }
    settle(refusal === null);
  }

  /** One warning per outage, not one per batch. */
  private logOnce(error: unknown): void {
    if (!this.failing) {
      this.failing = true;
      this.database.logFailure(this.logger, 'Admission could not be checked, packets stay unanswered', error);
    }
  }
}
