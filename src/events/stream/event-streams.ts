import { type ServerResponse } from 'node:http';
import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { type AuditActor } from '../../access/audit/audit-actor.js';
import { KnownKeys } from '../../access/keys/known-keys.js';
import { DatabaseAvailability } from '../../platform/database/database-availability.js';
import { StoppingError } from '../../platform/http/http-adapter.js';
import { countOf } from '../../platform/observability/log-text.js';
import { Periodic } from '../../platform/scheduling/periodic-tasks.js';
import { SECOND_MS } from '../../platform/time-units.js';
import { EVENT_CURSOR, type EventPosition } from '../event-cursor.js';
import { EventsRepository } from '../events.repository.js';
import { CatchUp } from './catch-up.js';
import { CLOSE_REASONS, type CloseReason, EventStream, type StreamHeaders } from './event-stream.js';
import { inTime, LogTail } from './log-tail.js';
import { type StreamEvent } from './stream-event.js';
import { type StreamFilter, StreamsByDevice } from './stream-filter.js';
import { StreamPlaces } from './stream-places.js';
import { StreamSignals } from './stream-signals.js';
import { StreamSettings } from './stream.settings.js';

const HEARTBEAT_EVERY_MS = 15 * SECOND_MS;
const CHECK_EVERY_MS = SECOND_MS;
/** Events are sent only if the keys of the streams were known to be good within this time. */
const KEYS_ARE_GOOD_FOR_MS = 3 * SECOND_MS;
/** Without streams the tail goes on for a while: clients come back. */
const IDLE_BEFORE_STOP_MS = 30 * SECOND_MS;
const STOP_WITHIN_MS = 2 * SECOND_MS;

export interface StreamRequest {
  readonly actor: AuditActor;
  readonly filter: StreamFilter;
  /** Null: begins with what is committed from now on. */
  readonly after: EventPosition | null;
}

/** What opens a stream on the connection of a request. */
export type OpenResponse = () => { readonly response: ServerResponse; readonly headers: StreamHeaders };

/** The open streams of this instance. One tail of the log feeds all of them; those that begin before it read the log on their own until they meet it. */
@Injectable()
export class EventStreams implements BeforeApplicationShutdown {
  readonly closed = Object.fromEntries(CLOSE_REASONS.map((reason) => [reason, 0])) as Record<CloseReason, number>;
  readonly tail: LogTail;
  private readonly logger = new Logger(EventStreams.name);
  private readonly keyOf = new Map<EventStream, string | null>();
  private readonly joined = new StreamsByDevice<EventStream>();
  private readonly following = new Set<EventStream>();
  private readonly catchUp: CatchUp;
  private sentByClosed = 0;
  private round = 0;
  private keysCheckedAt = performance.now();
  private lastOpenAt = -Infinity;
  private isStopping = false;

  constructor(
    private readonly repository: EventsRepository,
    private readonly database: DatabaseAvailability,
    private readonly keys: KnownKeys,
    private readonly places: StreamPlaces,
    private readonly signals: StreamSignals,
    private readonly settings: StreamSettings,
  ) {
    const common = { repository, database, logger: this.logger, beforeReading: () => this.requireFreshKeys() };
    this.tail = new LogTail({ ...common, onEvents: (events) => this.dispatch(events) });
    this.catchUp = new CatchUp({ ...common, tail: this.tail, onJoined: (stream) => this.follow(stream) });
    signals.listen(
      () => this.tail.wake(),
      () => this.tail.recent !== null,
    );
  }

  get eventsSent(): number {
    return [...this.keyOf.keys()].reduce((sum, { sent }) => sum + sent, this.sentByClosed);
  }

  /**
   * Opens a stream. What is wrong with the request is thrown before `openResponse` is called: StoppingError, TooManyStreamsError, CursorExpiredError,
   * and what the database throws.
   */
  async open(request: StreamRequest, openResponse: OpenResponse): Promise<void> {
    if (this.isStopping) {
      throw new StoppingError();
    }
    const leave = this.places.take(request.actor.keyId ?? request.actor.keyName);
    let start: EventPosition;
    try {
      start = await this.startOf(request);
      if (this.isStopping as boolean) {
        throw new StoppingError();
      }
    } catch (error) {
      leave();
      throw error;
    }
    this.begin(request, start, openResponse(), leave);
  }

  /** Streams whose key was revoked or has expired end here. */
  @Periodic({ everyMs: CHECK_EVERY_MS, failure: 'The keys of open streams could not be checked' })
  async checkKeys(): Promise<void> {
    const keyIds = new Set([...this.keyOf.values()].filter((keyId) => keyId !== null));
    const begun = performance.now();
    if (keyIds.size > 0) {
      const usable = await this.keys.stillUsable(keyIds, 'read');
      for (const [stream, keyId] of this.keyOf) {
        // A key that came while the others were looked up was good then.
        if (keyId !== null && keyIds.has(keyId) && !usable.has(keyId)) {
          stream.close('key');
        }
      }
    }
    this.keysCheckedAt = begun;
  }

  @Periodic({ everyMs: CHECK_EVERY_MS, failure: 'Heartbeats could not be sent' })
  async beat(): Promise<void> {
    const now = performance.now();
    for (const stream of this.keyOf.keys()) {
      if (now - stream.heartbeatAt >= HEARTBEAT_EVERY_MS) {
        if (this.following.has(stream) && this.tail.recent) {
          stream.pass(this.tail.recent.end);
        }
        stream.heartbeat(now);
      }
    }
    if (this.places.open > 0) {
      this.lastOpenAt = now;
    } else if (now - this.lastOpenAt >= IDLE_BEFORE_STOP_MS) {
      await this.tail.stop();
    }
  }

  /** Clients move to another instance. */
  async beforeApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    const streams = [...this.keyOf.keys()];
    streams.forEach((stream) => stream.close('stopping'));
    // A client that does not read must not hold up the shutdown.
    setTimeout(() => streams.forEach((stream) => stream.destroy()), STOP_WITHIN_MS).unref();
    await this.tail.stop();
  }

  private async startOf({ after }: StreamRequest): Promise<EventPosition> {
    const wasRunning = this.tail.recent !== null;
    const recent = await this.tail.run();
    if (!wasRunning) {
      this.signals
        .announce()
        .catch((error: unknown) => this.database.logFailure(this.logger, 'Streams could not be announced', error));
    }
    if (after !== null && !recent.covers(after)) {
      await inTime(this.repository.requireKept(after));
    }
    return after ?? (this.tail.recent ?? recent).end;
  }

  private begin(
    { actor, filter }: StreamRequest,
    start: EventPosition,
    { response, headers }: ReturnType<OpenResponse>,
    leave: () => void,
  ): void {
    const openedAt = performance.now();
    const fields = { requestId: actor.requestId, remoteAddress: actor.remoteAddress, key: actor.keyName };
    const stream: EventStream = new EventStream(response, {
      filter,
      start,
      maxBufferedBytes: this.settings.STREAM_BUFFER_BYTES,
      onClosed: (reason) => {
        this.forget(stream, reason);
        leave();
        const seconds = Math.round((performance.now() - openedAt) / SECOND_MS);
        this.logger.log(`Stream closed (${reason}) after ${seconds} s and ${countOf(stream.sent, 'event')}`, fields);
      },
    });
    this.keyOf.set(stream, actor.keyId);
    this.logger.log(`Stream opened from ${EVENT_CURSOR.encode(start)}${describe(filter)}`, fields);
    stream.open(headers);
    void this.catchUp.bring(stream);
  }

  private follow(stream: EventStream): void {
    if (stream.isOpen) {
      this.following.add(stream);
      this.joined.add(stream);
    }
  }

  private forget(stream: EventStream, reason: CloseReason): void {
    this.keyOf.delete(stream);
    this.following.delete(stream);
    this.joined.delete(stream);
    this.closed[reason]++;
    this.sentByClosed += stream.sent;
  }

  private dispatch(events: readonly StreamEvent[]): void {
    this.round++;
    for (const event of events) {
      this.joined.forEach(event, (stream) => stream.send(event, this.round));
    }
  }

  private async requireFreshKeys(): Promise<void> {
    if (performance.now() - this.keysCheckedAt > KEYS_ARE_GOOD_FOR_MS) {
      await this.checkKeys();
    }
  }
}

function describe({ imeis, types }: StreamFilter): string {
  return (imeis ? `, ${countOf(imeis.size, 'device')}` : '') + (types ? `, ${[...types].join(', ')}` : '');
}
