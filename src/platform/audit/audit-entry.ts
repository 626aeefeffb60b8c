/** Who does something, and by which request. */
export interface AuditActor {
  /** Null for a key of IOT_API_KEY, and for the command line. */
  readonly keyId: string | null;
  readonly keyName: string;
  readonly remoteAddress: string | null;
  readonly requestId: string | null;
}

/** Somebody at the command line, who needs no key: whoever can run it can reach the database. */
export const COMMAND_LINE: AuditActor = { keyId: null, keyName: 'command line', remoteAddress: null, requestId: null };

/** One thing that was done. */
export interface AuditEntry {
  readonly actor: AuditActor;
  /** What and what became of it, in the past: `command.created`, `device.banned`. */
  readonly action: string;
  readonly imei?: string | null;
  /** Becomes JSON. Names rows (`commandLogId`), never secrets. */
  readonly details?: Readonly<Record<string, unknown>>;
}
