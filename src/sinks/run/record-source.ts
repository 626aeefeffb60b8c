import { type EventPosition } from '../../events/event-cursor.js';
import { withMembers } from '../../events/event-envelope.js';
import { type LogStart } from '../../events/event-log-reader.js';
import { type LoggedRecord, type RecordLogReader } from '../../telemetry/record-log/record-log-reader.js';
import { type SinkMessage } from '../engine/sink-engine.js';
import { type SinkSource, type SourceLag, type SourcePage } from './sink-source.js';

/** The type of the messages that carry one record each. */
export const RECORD_TYPE = 'record';

/** Every stored record. */
export class RecordSource implements SinkSource {
  constructor(private readonly log: RecordLogReader) {}

  start(from: LogStart): Promise<EventPosition> {
    return this.log.start(from);
  }

  async readAfter(after: EventPosition): Promise<SourcePage> {
    const { records, end, hasMore } = await this.log.readAfter(after);
    return { messages: records.map(messageOf), end, hasMore };
  }

  requireKept(position: EventPosition): Promise<void> {
    return this.log.requireKept(position);
  }

  placeBefore(time: Date): Promise<EventPosition> {
    return this.log.placeBefore(time);
  }

  lag(after: EventPosition): Promise<SourceLag> {
    return this.log.lag(after);
  }
}

function messageOf({ recordId, imei, json }: LoggedRecord): SinkMessage {
  const payload = withMembers(json, `"recordId":"${recordId}","type":"${RECORD_TYPE}"`);
  return { id: recordId, imei, type: RECORD_TYPE, payload: Buffer.from(payload) };
}
