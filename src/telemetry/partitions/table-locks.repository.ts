import { type DataSource } from 'typeorm';

/** A transaction that holds a lock on a table. Null: PostgreSQL does not show it to this user (`pg_read_all_stats` does). */
export interface LockHolder {
  /** Null for a prepared transaction. */
  readonly pid: number | null;
  readonly user: string | null;
  readonly applicationName: string | null;
  readonly state: string | null;
  readonly transactionSeconds: number | null;
  readonly querySeconds: number | null;
}

/**
 * Transactions other than the caller's that hold any lock on the table, oldest first. Each of them blocks a statement that
 * needs an exclusive lock. Takes no lock and waits for none. `minSeconds` leaves out transactions that have just begun.
 */
export async function findLockHolders(dataSource: DataSource, table: string, minSeconds = 0): Promise<LockHolder[]> {
  return dataSource.query<LockHolder[]>(
    `select lock.pid, usename as user, application_name as "applicationName", state,
            extract(epoch from clock_timestamp() - xact_start)::float8 as "transactionSeconds",
            extract(epoch from clock_timestamp() - query_start)::float8 as "querySeconds"
       from (select distinct pid from pg_locks
              where locktype = 'relation' and granted and relation = $1::regclass and pid is distinct from pg_backend_pid()
                and database = (select oid from pg_database where datname = current_database())) lock
       left join pg_stat_activity using (pid)
      where $2 = 0 or clock_timestamp() - xact_start > make_interval(secs => $2)
      order by xact_start nulls first`,
    [table, minSeconds],
  );
}

/** For a log line: `process 4711 (nightly-report, user report, idle in transaction), in a transaction for 42 s`. */
export function describeLockHolder(holder: LockHolder): string {
  if (holder.pid === null) {
    return 'a prepared transaction (pg_prepared_xacts)';
  }
  const who = [holder.applicationName, holder.user && `user ${holder.user}`, holder.state].filter(Boolean).join(', ');
  const ages = [
    holder.transactionSeconds === null ? null : `in a transaction for ${seconds(holder.transactionSeconds)}`,
    holder.querySeconds === null ? null : `its last statement began ${seconds(holder.querySeconds)} ago`,
  ];
  return [`process ${holder.pid} (${who})`, ...ages.filter(Boolean)].join(', ');
}

function seconds(value: number): string {
  return `${Math.round(value)} s`;
}
