import { Injectable } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { type AuditActor } from '../access/audit/audit-actor.js';
import { AuditService } from '../access/audit/audit.service.js';
import { BEGINNING, EVENT_CURSOR, type EventPosition, isSamePosition } from '../events/event-cursor.js';
import { InvalidInputError } from '../platform/errors/errors.js';
import { RunningSinks } from './running-sinks.js';
import { type RunningSink } from './sink-runners.js';
import { type SinkSource } from './run/sink-source.js';
import { type SinkDto, type SinkState } from './sink.dto.js';
import { type Sink } from './sink.entity.js';
import { type RewindDto } from './sink-query.dto.js';
import { SinkNotFoundError } from './sinks.errors.js';
import { SinksRepository } from './sinks.repository.js';

/** REST operations on sinks. They change the row of the sink; the instance that publishes sees it within a second. */
@Injectable()
export class SinksService {
  constructor(
    private readonly running: RunningSinks,
    private readonly repository: SinksRepository,
    private readonly audit: AuditService,
  ) {}

  async list(): Promise<SinkDto[]> {
    const rows = await this.repository.list(this.running.sinks.map(({ options }) => options.name));
    return Promise.all(rows.map((row) => this.describe(row)));
  }

  /** Throws SinkNotFoundError. */
  async setPaused(name: string, isPaused: boolean, actor: AuditActor): Promise<SinkDto> {
    this.find(name);
    const action = isPaused ? 'sink.paused' : 'sink.resumed';
    return this.change(name, { actor, action, details: { sink: name } }, (manager) =>
      this.repository.setPaused(manager, name, isPaused),
    );
  }

  /** Throws SinkNotFoundError, InvalidInputError, CursorExpiredError. */
  async rewind(name: string, { cursor, time }: RewindDto, actor: AuditActor): Promise<SinkDto> {
    const { source } = this.find(name);
    const place = await placeOf(source, cursor, time);
    const details = { sink: name, cursor: EVENT_CURSOR.encode(place), ...(time && { time: time.toISOString() }) };
    return this.change(name, { actor, action: 'sink.rewound', details }, (manager) =>
      this.repository.setPlace(manager, name, place),
    );
  }

  private find(name: string): RunningSink {
    const sink = this.running.sinks.find(({ options }) => options.name === name);
    if (!sink) {
      throw new SinkNotFoundError(name);
    }
    return sink;
  }

  private async change(
    name: string,
    entry: { actor: AuditActor; action: string; details: Readonly<Record<string, unknown>> },
    work: (manager: EntityManager) => Promise<boolean>,
  ): Promise<SinkDto> {
    await this.repository.transaction(async (manager) => {
      if (!(await work(manager))) {
        throw new SinkNotFoundError(name);
      }
      await this.audit.record(entry, manager);
    });
    const [row] = await this.repository.list([name]);
    if (!row) {
      throw new SinkNotFoundError(name);
    }
    return this.describe(row);
  }

  private async describe(row: Sink): Promise<SinkDto> {
    const { options, source } = this.find(row.name);
    const lag = await source.lag(row).catch(() => null);
    const isLeased = row.leasedUntil !== null && row.leasedUntil.getTime() > Date.now();
    return {
      name: row.name,
      engine: options.engine,
      state: stateOf(row, isLeased),
      cursor: EVENT_CURSOR.encode(row),
      lagEvents: lag?.events ?? null,
      lagSeconds: lag?.seconds ?? null,
      published: Number(row.published),
      publishedAt: row.publishedAt,
      lastError: row.lastError,
      lastErrorAt: row.lastErrorAt,
      instanceId: isLeased ? row.leasedBy : null,
    };
  }
}

function stateOf({ expiredAt, pausedAt, lastError }: Sink, isLeased: boolean): SinkState {
  if (expiredAt !== null) {
    return 'expired';
  }
  if (pausedAt !== null) {
    return 'paused';
  }
  if (!isLeased) {
    return 'waiting';
  }
  return lastError === null ? 'publishing' : 'failing';
}

async function placeOf(source: SinkSource, cursor: string | undefined, time: Date | undefined): Promise<EventPosition> {
  if ((cursor === undefined) === (time === undefined)) {
    throw new InvalidInputError('Give either cursor or time');
  }
  if (time !== undefined) {
    return source.placeBefore(time);
  }
  const place = EVENT_CURSOR.decode(cursor ?? '');
  // The place before the first event is the oldest that is left, whatever retention has deleted.
  if (isSamePosition(place, BEGINNING)) {
    return source.start('oldest');
  }
  await source.requireKept(place);
  return place;
}
