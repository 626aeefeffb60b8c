import { type ServerResponse } from 'node:http';
import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { type AuditActor } from '../../access/audit/audit-actor.js';
import { type Caller } from '../../access/scope.js';
import { DatabaseAvailability } from '../../platform/database/database-availability.js';
import { StoppingError } from '../../platform/http/http-adapter.js';
import { countOf } from '../../platform/observability/log-text.js';
import { Periodic } from '../../platform/scheduling/periodic-tasks.js';
import { SECOND_MS } from '../../platform/time-units.js';
import { BEGINNING, EVENT_CURSOR, type EventPosition, isBehind } from '../event-cursor.js';
import { EventsRepository } from '../events.repository.js';
import { CatchUp } from './catch-up.js';
import { CLOSE_REASONS, type CloseReason, EventStream, type StreamHeaders } from './event-stream.js';
import { LogTail } from './log-tail.js';
import { type StreamEvent } from './stream-event.js';
import { type StreamFilter, StreamsByDevice } from './stream-filter.js';
import { StreamCallers } from './stream-callers.js';
import { StreamPlaces } from './stream-places.js';
import { StreamSignals } from './stream-signals.js';
import { StreamSettings } from './stream.settings.js';
import { TimedReadings } from '../timed-readings.js';

const HEARTBEAT_EVERY_MS = 15 * SECOND_MS;
const CHECK_HEARTBEATS_EVERY_MS = SECOND_MS;
/** Without streams the tail goes on for a while: clients come back. */
const IDLE_BEFORE_STOP_MS = 30 * SECOND_MS;
const STOP_WITHIN_MS = 2 * SECOND_MS;

export interface StreamRequest {
  readonly actor: AuditActor;
  /** The stream ends when its key or its session is good no longer. */
  readonly caller: Caller;
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
  private readonly readings = new TimedReadings();
  private readonly joined = new StreamsByDevice<EventStream>();
  private readonly following = new Set<EventStream>();
  private readonly catchUp: CatchUp;
  private readonly listeners: ((lastedSeconds: number) => void)[] = [];
  private sentByClosed = 0;
  private round = 0;
  private lastOpenAt = -Infinity;
  private isStopping = false;

  constructor(
    private readonly repository: EventsRepository,
    private readonly database: DatabaseAvailability,
    private readonly callers: StreamCallers,
    private readonly places: StreamPlaces,
    private readonly signals: StreamSignals,
    private readonly settings: StreamSettings,
  ) {
    const tailOptions = {
      onEvents: (events: readonly StreamEvent[]) => this.dispatch(events),
      onReplaced: () => this.callers.streams.forEach((stream) => stream.close('expired')),
    };
    const { readings, logger } = this;
    const common = { repository, readings, database, logger, beforeReading: () => callers.requireFresh() };
    this.tail = new LogTail({ ...common, ...tailOptions });
    this.catchUp = new CatchUp({ ...common, tail: this.tail, onJoined: (stream) => this.follow(stream) });
    signals.listen(
      () => this.tail.wake(),
      () => this.tail.recent !== null,
    );
  }

  /** Streams that begin before the tail and have not met it yet. */
  get catchingUp(): number {
    return this.callers.streams.length - this.following.size;
  }

  get eventsSent(): number {
    return this.callers.streams.reduce((sum, { sent }) => sum + sent, this.sentByClosed);
  }

  /**
   * Opens a stream. What is wrong with the request is thrown before `openResponse` is called: StoppingError, TooManyStreamsError, CursorExpiredError,
   * and what the database throws.
   */
  async open(request: StreamRequest, openResponse: OpenResponse): Promise<void> {
    if (this.isStopping) {
      throw new StoppingError();
    }
    const leave = this.places.take(keyOf(request));
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

  /** Calls back for every stream that has ended. */
  onClosed(listener: (lastedSeconds: number) => void): void {
    this.listeners.push(listener);
  }

  @Periodic({ everyMs: CHECK_HEARTBEATS_EVERY_MS, failure: 'Heartbeats could not be sent' })
  async beat(): Promise<void> {
    const now = performance.now();
    for (const stream of this.callers.streams) {
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
    const { streams } = this.callers;
    streams.forEach((stream) => stream.close('stopping'));
    // A client that does not read must not hold up the shutdown.
    setTimeout(() => streams.forEach((stream) => stream.destroy()), STOP_WITHIN_MS).unref();
    await this.tail.stop();
  }

  private async startOf(request: StreamRequest): Promise<EventPosition> {
    const wasRunning = this.tail.recent !== null;
    const recent = await this.tail.run();
    if (!wasRunning) {
      this.signals
        .announce()
        .catch((error: unknown) => this.database.logFailure(this.logger, 'Streams could not be announced', error));
    }
    const after = request.after && (await this.readings.run(() => this.repository.startOf(request.after ?? BEGINNING)));
    // What is ahead of the tail may be ahead of the log.
    if (after !== null && (!recent.covers(after) || isBehind(after, recent.end))) {
      await this.readings.run(() => this.repository.requireKept(after));
    }
    return after ?? (this.tail.recent ?? recent).end;
  }

  private begin(
    request: StreamRequest,
    start: EventPosition,
    { response, headers }: ReturnType<OpenResponse>,
    leave: () => void,
  ): void {
    const { actor, caller, filter } = request;
    const openedAt = performance.now();
    const fields = { requestId: actor.requestId, remoteAddress: actor.remoteAddress, key: actor.keyName };
    const stream: EventStream = new EventStream(response, {
      filter,
      start,
      maxBufferedBytes: this.settings.STREAM_BUFFER_BYTES,
      onClosed: (reason) => {
        this.forget(stream, reason);
        leave();
        const seconds = (performance.now() - openedAt) / SECOND_MS;
        this.listeners.forEach((listener) => listener(seconds));
        this.logger.log(`Stream closed (${reason}) after ${Math.round(seconds)} s and ${countOf(stream.sent, 'event')}`, fields);
      },
    });
    this.callers.add(stream, caller);
    this.logger.log(`Stream opened from ${EVENT_CURSOR.encode(start)}${describe(filter)}`, fields);
    stream.open(headers);
    void this.catchUp.bring(stream, keyOf(request));
  }

  private follow(stream: EventStream): void {
    if (stream.isOpen) {
      this.following.add(stream);
      this.joined.add(stream);
    }
  }

  private forget(stream: EventStream, reason: CloseReason): void {
    this.callers.delete(stream);
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
}

function keyOf({ actor }: StreamRequest): string {
  return actor.keyId ?? actor.keyName;
}

function describe({ imeis, types }: StreamFilter): string {
  return (imeis ? `, ${countOf(imeis.size, 'device')}` : '') + (types ? `, ${[...types].join(', ')}` : '');
}
