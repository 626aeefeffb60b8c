import { setTimeout as delay } from 'node:timers/promises';
import { type TestDatabase } from '../support/test-database.js';

const POLL_EVERY_MS = 40;
const MAY_END_LATE = ['FAILED unconfirmed', 'FAILED unrecognised'];
const LATE_ENDS = ['COMPLETED', 'FAILED rejected'];

/** Reads the rows continuously during a scenario: at most one command per reply shape is in flight, and an end does not change. */
export class CommandWatcher {
  readonly broken = new Set<string>();
  private readonly ends = new Map<string, string>();
  private running = true;
  private watching: Promise<void> = Promise.resolve();

  constructor(private readonly database: TestDatabase) {}

  start(imeis: readonly string[]): void {
    this.watching = this.watch(imeis);
  }

  async stop(): Promise<void> {
    this.running = false;
    await this.watching;
  }

  private async watch(imeis: readonly string[]): Promise<void> {
    while (this.running) {
      const rows = await this.database.query<{ id: string; slot: string; inFlight: boolean; state: string }>(
        `select command_log_id::text as id, imei || ' ' || reply_shape as slot, in_flight as "inFlight",
                status || coalesce(' ' || reason, '') as state
           from tbl_iot_command_logs where imei = any ($1::text[])`,
        [imeis],
      );
      const busy = rows.filter(({ inFlight }) => inFlight).map(({ slot }) => slot);
      busy.filter((slot, index) => busy.indexOf(slot) !== index).forEach((slot) => this.broken.add(`two in flight: ${slot}`));
      rows.forEach(({ id, state }) => this.compare(id, state));
      await delay(POLL_EVERY_MS);
    }
  }

  private compare(id: string, state: string): void {
    const before = this.ends.get(id);
    const isLateEnd = MAY_END_LATE.includes(before ?? '') && LATE_ENDS.includes(state);
    if (before !== undefined && before !== state && !isLateEnd) {
      this.broken.add(`${id} was ${before}, then ${state}`);
    }
    if (state !== 'PENDING') {
      this.ends.set(id, state);
    }
  }
}
