import { type DataSource } from 'typeorm';
import { PreparedStatement } from '../../platform/database/driver-statements.js';

const MOVE_EVERY_MS = 1_000;
/** What a transaction of many minutes, or a clock that was set back, has left before the mark is found after this time. */
const FROM_THE_BEGINNING_EVERY_MS = 15_000;
const BEGINNING = '-infinity';

/**
 * Every write sets `next_attempt_at` to the start of its transaction or later. So what is not visible yet is not before the start of the transactions
 * that write now, and what a transaction that has not begun to write may still add is not more than two seconds back, but for exceptions.
 */
const NEW_MARK = new PreparedStatement<{ mark: string }>(
  'iot_due_mark',
  `
  select least((select min(next_attempt_at) from tbl_iot_deliveries where next_attempt_at >= $1),
               (select min(xact_start) from pg_stat_activity where backend_xid is not null and datname = current_database()),
               now() - interval '2 seconds')::text as mark`,
);

/**
 * A time before which no delivery is due: where a claim begins to read the index of what is due. While an old transaction is open, PostgreSQL keeps
 * the entries of all deliveries since its start, and a claim that begins at the first entry reads them all.
 */
export class DueMark {
  private mark = BEGINNING;
  private movedAt = -Infinity;
  private lookedAt = -Infinity;

  /** @param nowMs a clock that only goes forward */
  constructor(
    private readonly dataSource: DataSource,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  /** As PostgreSQL writes a timestamptz. Asks the database once a second. */
  async get(): Promise<string> {
    const nowMs = this.nowMs();
    if (nowMs - this.movedAt >= MOVE_EVERY_MS) {
      const isFromTheBeginning = nowMs - this.lookedAt >= FROM_THE_BEGINNING_EVERY_MS;
      const [row] = await NEW_MARK.run(this.dataSource, [isFromTheBeginning ? BEGINNING : this.mark]);
      this.mark = row!.mark;
      this.movedAt = nowMs;
      this.lookedAt = isFromTheBeginning ? nowMs : this.lookedAt;
    }
    return this.mark;
  }
}
