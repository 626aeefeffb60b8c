import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { DatabaseAvailability } from '../platform/database/database-availability.js';
import { type LoginRefusal } from './login-refusal.js';
import { RefusedLogins } from './refused-logins.js';
import { UnregisteredDevices } from './unregistered-devices.js';
import { type Asked, SessionsRepository } from './sessions.repository.js';

const AT_A_TIME = 1_000;

interface Waiting extends Asked {
  readonly settle: (admits: boolean) => void;
  readonly fail: (error: unknown) => void;
}

/**
 * Whether a device may talk, for what comes without a login. A login asks in the statement that opens its session.
 *
 * Many are asked for in one statement, and one statement is under way at a time: what comes meanwhile goes with the next, so a flood is no
 * flood of statements. Nothing is remembered, so a ban holds from its commit on, on every instance. While the database is away nobody waits
 * here: without a login there is nothing to lose, and who sent will send again.
 */
@Injectable()
export class DeviceAdmission {
  private readonly logger = new Logger(DeviceAdmission.name);
  private readonly waiting: Waiting[] = [];
  private asking = false;
  private failing = false;

  constructor(
    private readonly sessions: SessionsRepository,
    private readonly refused: RefusedLogins,
    private readonly unregistered: UnregisteredDevices,
    private readonly database: DatabaseAvailability,
  ) {}

  /** Rejects when the database can't be asked. */
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
      // All that arrived in this turn of the event loop travel together.
      await nextTurn();
      await this.ask(this.waiting.splice(0, AT_A_TIME));
    }
    this.asking = false;
  }

  private async ask(batch: readonly Waiting[]): Promise<void> {
    try {
      const { results: refusals, newDevices } = await this.sessions.findRefusals(batch, this.unregistered.rule);
      this.unregistered.noteAdmitted(newDevices);
      this.failing = false;
      batch.forEach((packet, index) => this.finish(packet, refusals[index]));
    } catch (error) {
      this.tell(error);
      batch.forEach(({ fail }) => fail(error));
    }
  }

  /** A packet that the answer leaves out is not admitted: only an explicit null says that its device is. */
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

  /** Once, not for every batch until the database is back. */
  private tell(error: unknown): void {
    if (!this.failing) {
      this.failing = true;
      this.database.logFailure(this.logger, 'Admission could not be checked, packets stay unanswered', error);
    }
  }
}
