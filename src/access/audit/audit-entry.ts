import { type AuditActor } from './audit-actor.js';

/** One thing that was done. */
export interface AuditEntry {
  readonly actor: AuditActor;
  /** What and what became of it, in the past: `command.created`, `device.banned`. */
  readonly action: string;
  readonly imei?: string | null;
  /** Becomes JSON. Names rows (`commandLogId`), never secrets. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** SQL expressions for the columns of one entry. */
export interface AuditColumns {
  /** An SQL literal. */
  readonly action: string;
  readonly keyId: string;
  readonly keyName: string;
  readonly imei: string;
  /** Of type json. */
  readonly details: string;
  readonly remoteAddress: string;
  readonly requestId: string;
}

/**
 * The insert of an entry for each row of `source` (what follows `from`), as a part of the statement that does the action: for an action
 * that is one prepared statement, to which a transaction of its own would add three round trips.
 */
export function auditInsert(columns: AuditColumns, source: string): string {
  const { action, keyId, keyName, imei, details, remoteAddress, requestId } = columns;
  return `insert into tbl_iot_audit (action, key_id, key_name, imei, details, remote_address, request_id)
    select ${action}, ${keyId}, ${keyName}, ${imei}, ${details}, ${remoteAddress}, ${requestId} from ${source}`;
}
