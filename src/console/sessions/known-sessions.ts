import { Injectable } from '@nestjs/common';
import { type KeyBinding } from '../../access/keys/key-bindings.js';
import { ConsoleSessionsRepository } from './console-sessions.repository.js';

/** A session that was ended on another instance is good for this long, plus the time of one query. As long as a revoked key is. */
const SESSIONS_ARE_KNOWN_FOR_MS = 2_000;
/** Only cookies with a good signature are looked up: more than this many at once are no console's. */
const MAX_ENTRIES = 10_000;

export interface KnownSession extends KeyBinding {
  remainingMs(): number;
}

interface Entry {
  readonly readAt: number;
  readonly session: Promise<KnownSession | null>;
}

/** Sessions by their digest, each read again when it is older than two seconds: a page asks several things at once. */
@Injectable()
export class KnownSessions {
  /** In the order of their reading. */
  private readonly entries = new Map<string, Entry>();

  constructor(private readonly repository: ConsoleSessionsRepository) {}

  /** Null when it has expired or was ended. Rejects while the database is unavailable. */
  async find(digest: Buffer): Promise<KnownSession | null> {
    const id = digest.toString('hex');
    const known = this.entries.get(id);
    if (known && known.readAt > performance.now() - SESSIONS_ARE_KNOWN_FOR_MS) {
      const session = await known.session;
      return session && session.remainingMs() > 0 ? session : null;
    }
    const entry = { readAt: performance.now(), session: this.read(digest) };
    this.entries.delete(id);
    this.entries.set(id, entry);
    this.dropOldest();
    entry.session.catch(() => this.entries.get(id) === entry && this.entries.delete(id));
    return entry.session;
  }

  /** This instance has ended it. */
  forget(digest: Buffer): void {
    this.entries.delete(digest.toString('hex'));
  }

  private async read(digest: Buffer): Promise<KnownSession | null> {
    const readAt = performance.now();
    const found = await this.repository.find(digest);
    return found && { ...found, remainingMs: () => readAt + found.expiresInMs - performance.now() };
  }

  private dropOldest(): void {
    const [oldest] = this.entries.keys();
    if (oldest !== undefined && this.entries.size > MAX_ENTRIES) {
      this.entries.delete(oldest);
    }
  }
}
