import { type DataSource } from 'typeorm';
import { type DeviceLog } from '../../src/diagnosis/device-log.js';
import { EventLog } from '../../src/events/event-log.js';
import { EventsRepository } from '../../src/events/events.repository.js';
import { EventSettings } from '../../src/events/events.settings.js';
import { EventRetentionMark, EventSequence, LoggedEvent } from '../../src/events/logged-event.entity.js';
import { TelemetryEventLog } from '../../src/events/telemetry/telemetry-event-log.js';
import { TelemetryEventsRepository } from '../../src/events/telemetry/telemetry-events.repository.js';
import { createDataSource } from '../../src/platform/database/driver-statements.js';
import { BoundedTable, type TableBounds } from '../../src/platform/retention/bounded-table.js';
import { type TableRetention } from '../../src/platform/retention/table-retention.js';
import { BatchStore } from '../../src/telemetry/ingest/batch-store.js';
import { IngestCounters } from '../../src/telemetry/ingest-counters.js';
import { type DeviceDays } from '../../src/telemetry/partitions/device-days.js';
import { type QuarantineRepository } from '../../src/telemetry/quarantine/quarantine.repository.js';
import { ArrivalsRepository } from '../../src/telemetry/relay/arrivals.repository.js';
import { IsolatedReports } from '../../src/telemetry/relay/isolated-reports.js';
import { RelayRound } from '../../src/telemetry/relay/relay-round.js';
import { SetAsideRepository } from '../../src/telemetry/relay/set-aside.repository.js';
import { TelemetryArrival, TelemetryRelayState } from '../../src/telemetry/relay/telemetry-arrival.entity.js';
import { RecordLog } from '../../src/telemetry/record-log/record-log.js';
import { type TelemetryRelay } from '../../src/telemetry/relay/telemetry-relay.js';
import { type IncomingFrame, RecordBatch } from '../../src/telemetry/storage/record-batch.js';
import { TelemetryEvents } from '../../src/telemetry/storage/telemetry-events.js';
import { TelemetryRepository } from '../../src/telemetry/storage/telemetry.repository.js';

type AvlRecord = IncomingFrame['records'][number];

export type EventSettingsOf = Partial<Record<keyof EventSettings, unknown>>;

/** The ingest of one instance without its listener, and its relay without its clock: rounds are relayed when a test asks for them. */
export interface TelemetryStore {
  readonly source: DataSource;
  readonly store: BatchStore;
  readonly round: RelayRound;
  readonly arrivals: ArrivalsRepository;
  readonly events: EventLog;
  /** How often an urgent round was asked for. */
  readonly urgentWakes: () => number;
}

/** A pool of its own, as every instance has one, with the entities of events. */
export function openSource(url: string, poolSize = 3): Promise<DataSource> {
  const entities = [LoggedEvent, EventRetentionMark, EventSequence, TelemetryArrival, TelemetryRelayState];
  return createDataSource({ type: 'postgres', url, poolSize, entities }).initialize();
}

export function telemetryStore(source: DataSource, overrides: EventSettingsOf = {}): TelemetryStore {
  const settings = Object.assign(new EventSettings(), {
    NOTIFICATION_URL: 'http://127.0.0.1',
    TELEMETRY_WEBHOOK_ENABLED: true,
    TELEMETRY_EVENT_INTERVAL: 0,
    ...overrides,
  });
  const events = new EventLog(new EventsRepository(source), settings);
  const telemetry = new TelemetryEventLog(new TelemetryEventsRepository(), events, settings);
  const arrivals = new ArrivalsRepository(source);
  let wakes = 0;
  const relay = { wakeUrgent: () => void wakes++ } as unknown as TelemetryRelay;
  const retention = { register: (bounds: TableBounds) => new BoundedTable(bounds) } as unknown as TableRetention;
  const days = { add: () => Promise.resolve() } as unknown as DeviceDays;
  const devices = { tally: () => undefined } as unknown as DeviceLog;
  const quarantine = { keep: () => Promise.resolve() } as unknown as QuarantineRepository;
  return {
    source,
    arrivals,
    events,
    round: new RelayRound(arrivals, telemetry, new IsolatedReports(telemetry), new SetAsideRepository(retention), settings),
    store: new BatchStore(
      new TelemetryRepository(source),
      days,
      new TelemetryEvents(events, telemetry, relay, new RecordLog(settings)),
      new IngestCounters(),
      devices,
      quarantine,
    ),
    urgentWakes: () => wakes,
  };
}

export function testRecord(timestampMs: number, seed: number, priority = 0): AvlRecord {
  const bytes = Buffer.alloc(30);
  bytes.writeUInt32BE(seed);
  const nothing = { longitude: 0, latitude: 0, altitude: 0, angle: 0, satellites: 0, eventIoId: 0 };
  return { ...nothing, timestampMs, priority, speed: seed % 200, generationType: null, io: [], bytes };
}

export function batchOf(frames: readonly (readonly [imei: string, records: readonly AvlRecord[]])[]): RecordBatch {
  const batch = new RecordBatch();
  for (const [imei, records] of frames) {
    void batch.add({
      imei,
      receivedAtMs: Date.now(),
      records,
      remoteAddress: '127.0.0.1',
      isByUdp: false,
      bytes: Buffer.alloc(0),
    });
  }
  return batch;
}
