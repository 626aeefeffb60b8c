import { Injectable } from '@nestjs/common';
import { KnownKeys } from '../../access/keys/known-keys.js';
import { type Caller, grants } from '../../access/scope.js';
import { Periodic } from '../../platform/scheduling/periodic-tasks.js';
import { SECOND_MS } from '../../platform/time-units.js';
import { type EventStream } from './event-stream.js';

const CHECK_EVERY_MS = SECOND_MS;
/** Events are sent only if the callers of the streams were known to be good within this time. */
const CALLERS_ARE_GOOD_FOR_MS = 3 * SECOND_MS;
const SCOPE = 'read';

/** The open streams, each with its caller. A stream ends when the key or the session that it was opened with is good no longer. */
@Injectable()
export class StreamCallers {
  private readonly callers = new Map<EventStream, Caller>();
  private checking: Promise<void> | null = null;
  private checkedAt = performance.now();

  constructor(private readonly keys: KnownKeys) {}

  get streams(): EventStream[] {
    return [...this.callers.keys()];
  }

  add(stream: EventStream, caller: Caller): void {
    this.callers.set(stream, caller);
  }

  delete(stream: EventStream): void {
    this.callers.delete(stream);
  }

  /** Ends the streams whose callers are good no longer. A check that is under way is joined. Rejects while the database is unavailable. */
  @Periodic({ everyMs: CHECK_EVERY_MS, failure: 'The keys of open streams could not be checked' })
  check(): Promise<void> {
    this.checking ??= this.checkAll().finally(() => (this.checking = null));
    return this.checking;
  }

  /** To be called before events are sent. Rejects while the database is unavailable. */
  async requireFresh(): Promise<void> {
    if (performance.now() - this.checkedAt > CALLERS_ARE_GOOD_FOR_MS) {
      await this.check();
    }
  }

  private async checkAll(): Promise<void> {
    const begun = performance.now();
    // Streams that are opened during the check are not in it: their callers are good at this moment.
    const checked = [...this.callers];
    const keyIds = new Set(checked.map(([, { keyId }]) => keyId).filter((keyId) => keyId !== null));
    const usable = keyIds.size > 0 ? await this.keys.stillUsable(keyIds, SCOPE) : keyIds;
    const sessions = await this.usableSessions(checked.map(([, caller]) => caller));
    for (const [stream, { keyId, session }] of checked) {
      if ((keyId !== null && !usable.has(keyId)) || (session && !sessions.has(session.id))) {
        stream.close('key');
      }
    }
    this.checkedAt = begun;
  }

  /** The ids of those that are. Several streams of one session are one look-up. */
  private async usableSessions(callers: readonly Caller[]): Promise<ReadonlySet<string>> {
    const sessions = new Map(callers.flatMap(({ session }) => (session ? [[session.id, session]] : [])));
    const found = await Promise.all(
      [...sessions.values()].map(async ({ id, find }) => {
        const caller = await find();
        return caller && grants(caller.scopes, SCOPE) ? [id] : [];
      }),
    );
    return new Set(found.flat());
  }
}
