import { Injectable, Logger } from '@nestjs/common';
import { EventLog } from '../../events/event-log.js';
import { EventLogReader } from '../../events/event-log-reader.js';
import { EVENT_TYPES } from '../../events/event-types.js';
import { RecordLog } from '../../telemetry/record-log/record-log.js';
import { RecordLogReader } from '../../telemetry/record-log/record-log-reader.js';
import { type SinkOptions } from '../sink-options.js';
import { EventSource } from './event-source.js';
import { RecordSource } from './record-source.js';
import { type SinkSource } from './sink-source.js';

/** A sink with what it publishes. */
export interface SourcedSink {
  readonly options: SinkOptions;
  readonly source: SinkSource;
}

/** What the configured sinks publish. */
@Injectable()
export class SinkSources {
  private readonly logger = new Logger('Sinks');

  constructor(
    private readonly events: EventLogReader,
    private readonly eventLog: EventLog,
    private readonly records: RecordLogReader,
    private readonly recordLog: RecordLog,
  ) {}

  /** With SINK_TELEMETRY=records, a sink of telemetry becomes two: one of the other events, and one of the records with a place of its own. */
  of(options: SinkOptions): SourcedSink[] {
    const types = options.types ?? EVENT_TYPES;
    if (!this.recordLog.isKept || !types.includes('telemetry')) {
      return [this.ofEvents(options)];
    }
    const others = types.filter((type) => type !== 'telemetry');
    const events = others.length > 0 ? [this.ofEvents({ ...options, types: others })] : [];
    return [
      ...events,
      { options: { ...options, name: `${options.name}-records` }, source: new RecordSource(this.records, this.recordLog) },
    ];
  }

  private ofEvents(options: SinkOptions): SourcedSink {
    this.warnOfUnrecorded(options);
    return { options, source: new EventSource(this.events, options.types && new Set(options.types)) };
  }

  /** With NOTIFICATION_URL, fewer types are recorded unless WEBHOOK_EVENTS names more. */
  private warnOfUnrecorded({ name, types }: SinkOptions): void {
    const unrecorded = (types ?? EVENT_TYPES).filter((type) => !this.eventLog.records(type));
    if (unrecorded.length > 0) {
      this.logger.warn(`Sink ${name} gets no events of type ${unrecorded.join(', ')}: WEBHOOK_EVENTS does not record them`);
    }
  }
}
