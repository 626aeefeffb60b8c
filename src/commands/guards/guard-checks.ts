import { Injectable } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { NewestRecords, type NewestState } from '../../telemetry/latest/newest-records.js';
import { type Guard, type GuardFacts, type GuardResult } from './guard.js';
import { evaluateNow, GuardBasis } from './guard-basis.js';
import { GuardWatch } from './guard-watch.js';

/** A command that may only be written while its guard is met. */
export interface GuardedCommand {
  readonly commandLogId: string;
  readonly imei: string;
  readonly guard: Guard;
}

/** A guarded command that may be claimed, and why. */
export interface Permit {
  readonly commandLogId: string;
  readonly facts: GuardFacts;
}

/** Compares guards with the newest records of devices. Ages and `notAfter` are measured by the clock of the database. */
@Injectable()
export class GuardChecks {
  constructor(
    private readonly records: NewestRecords,
    readonly watch: GuardWatch,
  ) {}

  async evaluate(imei: string, guard: Guard): Promise<GuardResult> {
    return evaluateNow(guard, await this.records.read(imei));
  }

  /** For writes that follow. To be released. */
  async basisOf(imei: string): Promise<GuardBasis> {
    const held = this.watch.hold(imei);
    try {
      return new GuardBasis(await this.records.read(imei), held);
    } catch (error) {
      held.release();
      throw error;
    }
  }

  /** The devices of those commands whose guards are met. */
  async devicesThatMeet(commands: readonly GuardedCommand[]): Promise<Set<string>> {
    const imeis = [...new Set(commands.map(({ imei }) => imei))];
    const states = await Promise.all(imeis.map((imei) => this.records.read(imei)));
    const unmet = unmetAmong(commands, imeis, states);
    return new Set(commands.filter((command) => !unmet.has(command.commandLogId)).map(({ imei }) => imei));
  }

  /** The ids of the commands whose guards are not met, read in the transaction of the manager. */
  async unmetOf(manager: EntityManager, commands: readonly GuardedCommand[]): Promise<Set<string>> {
    if (commands.length === 0) {
      return new Set();
    }
    const imeis = [...new Set(commands.map(({ imei }) => imei))];
    return unmetAmong(commands, imeis, await this.records.readAll(imeis, manager));
  }
}

/** The ids of those that are not met. `states` belong to `imeis`. */
function unmetAmong(commands: readonly GuardedCommand[], imeis: readonly string[], states: readonly NewestState[]): Set<string> {
  const stateOf = new Map(imeis.map((imei, index) => [imei, states[index]!]));
  const unmet = commands.filter(({ imei, guard }) => evaluateNow(guard, stateOf.get(imei)!).unmet.length > 0);
  return new Set(unmet.map(({ commandLogId }) => commandLogId));
}
