import { type QueryRunner } from 'typeorm';

/** Columns with the transaction that wrote an event, which the order of the feed depends on. */
const COLUMNS = [
  ['tbl_iot_events', 'transaction_id'],
  ['tbl_iot_event_sequences', 'last_transaction_id'],
  ['tbl_iot_event_retention', 'transaction_id'],
  ['tbl_iot_event_adoption', 'transaction_id'],
] as const;
/** Positions that the other cluster can have given after the dump are below the next multiple of it. A cursor has 18 digits: enough for a million restores. */
const POSITIONS = 1_000_000_000_000n;
const AHEAD = 'pg_snapshot_xmax(pg_current_snapshot())';

/**
 * After a dump was restored into another cluster, its transaction numbers can be ahead of those of the cluster: events of before, and new ones of
 * the same devices, would be hidden from the feed until the cluster has counted as far. They get the number of this transaction. Events keep their
 * positions, and with them the order of each device's events. What a running gateway has committed is never ahead. Returns whether anything was.
 *
 * A cursor of before names a transaction that this cluster will have too: a reader that came back with it then would miss everything between. Later events
 * therefore get positions that the other cluster has not given, and `tbl_iot_event_adoption` has what distinguishes the cursors.
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
    await skipPositions(queryRunner);
    await queryRunner.commitTransaction();
  } catch (error) {
    await queryRunner.rollbackTransaction().catch(() => undefined);
    throw error;
  }
  return true;
}

async function skipPositions(queryRunner: QueryRunner): Promise<void> {
  const sequence = `pg_get_serial_sequence('tbl_iot_events', 'position')`;
  const [{ last }] = (await queryRunner.query(
    `select coalesce(pg_sequence_last_value(${sequence}::regclass), 0)::text as last`,
  )) as [{ last: string }];
  const first = ((BigInt(last) / POSITIONS + 1n) * POSITIONS).toString();
  await queryRunner.query(`select setval(${sequence}, $1::bigint)`, [first]);
  await queryRunner.query(
    `insert into tbl_iot_event_adoption (transaction_id, first_position) values (pg_current_xact_id(), $1)
     on conflict (is_only) do update set transaction_id = excluded.transaction_id, first_position = excluded.first_position`,
    [first],
  );
}
