import { type QueryRunner } from 'typeorm';

/** Columns with the transaction that wrote an event, which the order of the feed depends on. */
const COLUMNS = [
  ['tbl_iot_events', 'transaction_id'],
  ['tbl_iot_event_sequences', 'last_transaction_id'],
  ['tbl_iot_event_retention', 'transaction_id'],
] as const;
const AHEAD = 'pg_snapshot_xmax(pg_current_snapshot())';

/**
 * After a dump was restored into another cluster, its transaction numbers can be ahead of those of the cluster: events of before, and new ones of
 * the same devices, would be hidden from the feed until the cluster has counted as far. They get the number of this transaction. Events keep their
 * positions, and with them the order of each device's events. What a running gateway has committed is never ahead. Returns whether anything was.
 */
export async function adoptTransactionNumbers(queryRunner: QueryRunner): Promise<boolean> {
  const conditions = COLUMNS.map(([table, column]) => `exists (select from ${table} where ${column} >= ${AHEAD})`);
  const [found] = (await queryRunner.query(`select ${conditions.join(' or ')} as "isAhead"`)) as { isAhead: boolean }[];
  if (!found?.isAhead) {
    return false;
  }
  await queryRunner.startTransaction();
  try {
    for (const [table, column] of COLUMNS) {
      await queryRunner.query(`update ${table} set ${column} = pg_current_xact_id() where ${column} >= ${AHEAD}`);
    }
    await queryRunner.query(`update tbl_iot_event_retention set position = 0 where transaction_id = pg_current_xact_id()`);
    await queryRunner.commitTransaction();
  } catch (error) {
    await queryRunner.rollbackTransaction().catch(() => undefined);
    throw error;
  }
  return true;
}
