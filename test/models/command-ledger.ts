import { type TestDatabase } from '../support/test-database.js';

/** One row of `tbl_iot_command_logs` with its attempts. */
export interface LedgerCommand {
  readonly id: string;
  readonly command: string;
  readonly shape: string;
  readonly silent: boolean;
  readonly urgent: boolean;
  readonly isGuarded: boolean;
  readonly expiresAt: Date;
  readonly status: string;
  readonly reason: string | null;
  readonly deviceState: string | null;
  readonly supersededBy: string | null;
  readonly isOverdue: boolean;
  readonly late: boolean;
  readonly confirmedBy: string | null;
  readonly response: string | null;
  readonly attempts: number;
  readonly maxRetry: number;
  readonly timeoutMs: number;
  readonly inFlight: boolean;
  readonly createdAt: Date;
  readonly completedAt: Date | null;
  readonly history: readonly LedgerAttempt[];
}

interface LedgerAttempt {
  readonly attempt: number;
  readonly sentAt: number;
  readonly endedAt: number | null;
  readonly socket: string;
  readonly result: string | null;
  readonly reply: string | null;
}

export interface LedgerEvent {
  readonly sequence: number;
  readonly type: string;
  readonly id: string | null;
  readonly reason: string | null;
  readonly at: Date;
}

export interface Ledger {
  readonly commands: readonly LedgerCommand[];
  readonly events: readonly LedgerEvent[];
  readonly messages: readonly string[];
}

/** In one statement: a record may confirm a command at any time, and its event must not be missing from what is compared. */
export async function readLedger(database: TestDatabase, imei: string): Promise<Ledger> {
  const [ledger] = await database.query<Ledger>(
    `select ${rowsOf(`
              select command_log_id::text as id, command, reply_shape as shape, silent, urgent, expires_at as "expiresAt", guard is not null as "isGuarded", status, reason, device_state as "deviceState",
                     superseded_by::text as "supersededBy", expires_at <= now() as "isOverdue", late, confirmed_by as "confirmedBy", response,
                     attempts, max_retry as "maxRetry", timeout_seconds * 1000 as "timeoutMs", in_flight as "inFlight",
                     created_at as "createdAt", completed_at as "completedAt",
                     (select coalesce(json_agg(json_build_object(
                               'attempt', attempt, 'sentAt', extract(epoch from sent_at) * 1000, 'endedAt', extract(epoch from ended_at) * 1000,
                               'socket', socket_uuid, 'result', result, 'reply', reply) order by attempt), '[]')
                        from tbl_iot_command_attempts attempt where attempt.command_log_id = log.command_log_id) as history
                from tbl_iot_command_logs log where imei = $1 order by log.command_log_id`)} as commands,
            ${rowsOf(`
              select sequence::int as sequence, type, body->>'command_log_id' as id, body->>'reason' as reason, occurred_at as at
                from tbl_iot_events where imei = $1 order by sequence`)} as events,
            array(select text from tbl_iot_device_messages where imei = $1) as messages`,
    [imei],
  );
  const { commands, events, messages } = ledger!;
  return {
    commands: commands.map((command) => ({
      ...command,
      createdAt: new Date(command.createdAt),
      expiresAt: new Date(command.expiresAt),
      completedAt: command.completedAt && new Date(command.completedAt),
    })),
    events: events.map((event) => ({ ...event, at: new Date(event.at) })),
    messages,
  };
}

function rowsOf(select: string): string {
  return `(select coalesce(json_agg(selected), '[]') from (${select}) selected)`;
}

export function nameOf({ id, command, status, reason }: LedgerCommand): string {
  return `${id} "${command}" (${reason ?? status})`;
}
