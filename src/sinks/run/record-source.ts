import { setTimeout as delay } from 'node:timers/promises';
import { type EventPosition } from '../../events/event-cursor.js';
import { withMembers } from '../../events/event-envelope.js';
import { type LogStart } from '../../events/event-log-reader.js';
import { SECOND_MS } from '../../platform/time-units.js';
import { type RecordLog } from '../../telemetry/record-log/record-log.js';
import { type LoggedRecord, type RecordLogReader } from '../../telemetry/record-log/record-log-reader.js';
import { type SinkMessage } from '../engine/sink-engine.js';
import { type SinkSource, type SourceLag, type SourcePage } from './sink-source.js';

/** The type of the messages that carry one record each. */
export const RECORD_TYPE = 'record';

/** How long the rest after a reading is, in times of the reading. With 15 half as many records were published, and the ingest had no more of the time. */
const REST = 9;
const MAX_REST_MS = SECOND_MS;

/** Records, and the milliseconds in which they were stored or read. */
export interface Pace {
  readonly records: number;
  readonly ms: number;
}

/**
 * Every stored record. To read and publish a record costs about ten times as much as to store it. While this process stores records faster than they can
 * be read, the sink falls behind in any case. It then rests after each reading, and leaves the time to the ingest: devices wait for it, consumers can wait.
 */
export class RecordSource implements SinkSource {
  private resting: Promise<void> = Promise.resolve();
  private readonly last = { logged: 0, at: -Infinity };

  constructor(
    private readonly reader: Pick<RecordLogReader, Exclude<keyof SinkSource, 'onAppended'>>,
    private readonly log: Pick<RecordLog, 'loggedCount' | 'onAppended'>,
  ) {}

  start(from: LogStart): Promise<EventPosition> {
    return this.reader.start(from);
  }

  async readAfter(after: EventPosition): Promise<SourcePage> {
    await this.resting;
    const begun = performance.now();
    const { records, end, hasMore } = await this.reader.readAfter(after);
    this.resting = this.restAfter({ records: records.length, ms: performance.now() - begun });
    return { messages: records.map(messageOf), end, hasMore };
  }

  requireKept(position: EventPosition): Promise<void> {
    return this.reader.requireKept(position);
  }

  placeBefore(time: Date): Promise<EventPosition> {
    return this.reader.placeBefore(time);
  }

  lag(after: EventPosition): Promise<SourceLag> {
    return this.reader.lag(after);
  }

  onAppended(listener: () => void): void {
    this.log.onAppended(listener);
  }

  private restAfter(read: Pace): Promise<void> {
    const [logged, at] = [this.log.loggedCount, performance.now()];
    const rest = restMs({ records: logged - this.last.logged, ms: at - this.last.at }, read);
    Object.assign(this.last, { logged, at });
    return rest > 0 ? delay(rest) : Promise.resolve();
  }
}

/** How long a sink of records rests after a reading: not at all while it can keep up. */
export function restMs(stored: Pace, read: Pace): number {
  return stored.records / stored.ms > read.records / read.ms ? Math.min(REST * read.ms, MAX_REST_MS) : 0;
}

function messageOf({ recordId, imei, json }: LoggedRecord): SinkMessage {
  const payload = withMembers(json, `"recordId":"${recordId}","type":"${RECORD_TYPE}"`);
  return { id: recordId, imei, type: RECORD_TYPE, payload: Buffer.from(payload) };
}
