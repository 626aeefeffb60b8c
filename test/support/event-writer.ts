import { type DataSource } from 'typeorm';
import { type NewEvent } from '../../src/events/bodies/event-bodies.js';
import { EventsRepository } from '../../src/events/events.repository.js';
import { EventRetentionMark, EventSequence, LoggedEvent } from '../../src/events/logged-event.entity.js';
import { createDataSource } from '../../src/platform/database/driver-statements.js';

/** When an event was committed, by performance.now(): the append had not begun before `from` and had ended at `to`. */
export interface WrittenEvent {
  readonly number: number;
  readonly imei: string;
  readonly from: number;
  readonly to: number;
}

/** Appends numbered events to the log, as another process does: no gateway is notified. */
export class EventWriter {
  readonly written: WrittenEvent[] = [];
  private isWriting = false;
  private writing: Promise<unknown> = Promise.resolve();
  private count = 0;

  private constructor(private readonly source: DataSource) {}

  static async open(url: string, poolSize = 4): Promise<EventWriter> {
    const entities = [LoggedEvent, EventRetentionMark, EventSequence];
    return new EventWriter(await createDataSource({ type: 'postgres', url, poolSize, entities }).initialize());
  }

  /** Resolves after the commit. */
  async append(imei: string, { type = 'device.message', filler = '' } = {}): Promise<WrittenEvent> {
    const number = this.count++;
    const from = performance.now();
    const event = { imei, type, body: { imei, number, filler } } as unknown as NewEvent;
    await new EventsRepository(this.source).append(this.source.manager, [event], false);
    const written = { number, imei, from, to: performance.now() };
    this.written.push(written);
    return written;
  }

  /** Several writers append as fast as they can, each in transactions of its own, until `stop`. */
  start(imeis: readonly string[], options: { readonly filler?: string } = {}): void {
    this.isWriting = true;
    const write = async (imei: string): Promise<void> => {
      while (this.isWriting) {
        await this.append(imei, options);
      }
    };
    this.writing = Promise.all(imeis.map(write));
  }

  async stop(): Promise<void> {
    this.isWriting = false;
    await this.writing;
  }

  async close(): Promise<void> {
    await this.stop().catch(() => undefined);
    await this.source.destroy();
  }
}
