import { type AvlRecord } from '../../protocol/avl-record.js';
import { TelemetrySettings } from '../telemetry.settings.js';
import { IngestCounters } from '../ingest-counters.js';
import { type BatchStore } from './batch-store.js';
import { StoredRecords } from '../latest/stored-records.js';
import { type LatestRecords } from '../latest/latest-records.js';
import { type RecordBatch } from '../storage/record-batch.js';
import { TelemetryWriter } from './telemetry-writer.js';
import { type WriteFailures } from './write-failures.js';

const RECORD: AvlRecord = {
  timestampMs: 1_700_000_000_000,
  priority: 0,
  longitude: 0,
  latitude: 0,
  altitude: 0,
  angle: 0,
  satellites: 0,
  speed: 0,
  eventIoId: 0,
  generationType: null,
  io: [],
  bytes: Buffer.alloc(30),
};

/** A store whose writes the test ends one by one. */
class FakeStore {
  readonly begun: { rows: number; end: (error?: Error) => void }[] = [];

  store(batch: RecordBatch): Promise<void> {
    return new Promise((resolve, reject) => {
      this.begun.push({ rows: batch.rowCount, end: (error) => (error ? reject(error) : resolve()) });
    });
  }
}

let store: FakeStore;
let touched: string[];
let counters: IngestCounters;

beforeEach(() => {
  store = new FakeStore();
  touched = [];
  counters = new IngestCounters();
});

function newWriter(settings: Partial<TelemetrySettings> = {}): TelemetryWriter {
  const failures = { note: () => undefined, clear: () => undefined };
  const latest = { touch: (imei: string) => touched.push(imei) };
  return new TelemetryWriter(
    Object.assign(new TelemetrySettings(), settings),
    store as unknown as BatchStore,
    latest as unknown as LatestRecords,
    counters,
    failures as unknown as WriteFailures,
    new StoredRecords(),
  );
}

function frame(imei: string, records = 1) {
  return {
    imei,
    remoteAddress: '127.0.0.1',
    receivedAtMs: 0,
    isByUdp: false,
    bytes: Buffer.alloc(0),
    records: Array.from({ length: records }, () => RECORD),
  };
}

/** Resolves with the count to acknowledge. */
function write(writer: TelemetryWriter, incoming: ReturnType<typeof frame>): Promise<number> {
  return new Promise((stored, failed) => writer.write(incoming, { stored, failed }));
}

/** The writer starts batches in the next turn of the event loop. */
async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
}

describe('TelemetryWriter', () => {
  it('writes frames that arrive together as one batch, and settles each with its own count', async () => {
    const writer = newWriter();
    const answers = [write(writer, frame('a', 2)), write(writer, frame('b', 3))];
    await turn();
    expect(store.begun.map(({ rows }) => rows)).toEqual([5]);
    store.begun[0]?.end();
    expect(await Promise.all(answers)).toEqual([2, 3]);
    expect(touched).toEqual(['a', 'b']);
  });

  it('settles no frame before the store has finished', async () => {
    const writer = newWriter();
    let answered = false;
    const answer = write(writer, frame('a')).then(() => (answered = true));
    await turn();
    expect(answered).toBe(false);
    store.begun[0]?.end();
    await answer;
    expect(answered).toBe(true);
  });

  it('collects frames that arrive while all writers are busy into the next batch', async () => {
    const writer = newWriter({ TELEMETRY_WRITERS: 2 });
    const answers: Promise<number>[] = [];
    for (const imei of ['a', 'b', 'c', 'd', 'e']) {
      answers.push(write(writer, frame(imei)));
      await turn();
    }
    expect(store.begun.map(({ rows }) => rows)).toEqual([1, 1]);
    store.begun[1]?.end();
    await answers[1];
    await turn();
    expect(store.begun.map(({ rows }) => rows)).toEqual([1, 1, 3]);
    store.begun[0]?.end();
    store.begun[2]?.end();
    expect(await Promise.all(answers)).toEqual([1, 1, 1, 1, 1]);
    expect(writer.batchesInFlight).toBe(0);
  });

  it('closes a batch at its maximum size', async () => {
    const writer = newWriter({ TELEMETRY_WRITERS: 1, TELEMETRY_BATCH_RECORDS: 10 });
    const answers = Array.from({ length: 5 }, (_, index) => write(writer, frame(String(index), 6)));
    await turn();
    for (let batch = 0; batch < 3; batch++) {
      store.begun[batch]?.end();
      await turn();
    }
    expect(store.begun.map(({ rows }) => rows)).toEqual([12, 12, 6]);
    await Promise.all(answers);
  });

  it('retries until the store succeeds, and settles the frames then', async () => {
    const writer = newWriter();
    const answer = write(writer, frame('a'));
    await turn();
    store.begun[0]?.end(new Error('connection refused'));
    while (store.begun.length < 2) {
      await turn();
    }
    expect(counters.retries).toBe(1);
    store.begun[1]?.end();
    expect(await answer).toBe(1);
  });

  it('settles every frame once, also when a listener throws behind the commit', async () => {
    const writer = newWriter();
    const calls: string[] = [];
    const listenerOf = (imei: string) => ({
      stored: () => {
        calls.push(`${imei} stored`);
        if (imei === 'b') {
          throw new Error('a fault of the listener');
        }
      },
      failed: () => void calls.push(`${imei} failed`),
    });
    ['a', 'b', 'c'].forEach((imei) => writer.write(frame(imei), listenerOf(imei)));
    await turn();
    store.begun[0]?.end();
    await turn();
    expect(calls).toEqual(['a stored', 'b stored', 'c failed']);
  });

  it('fails unwritten frames when the gateway stops, so that they are never acknowledged', async () => {
    const writer = newWriter();
    const answer = write(writer, frame('a'));
    await turn();
    store.begun[0]?.end(new Error('connection refused'));
    await turn();
    writer.onApplicationShutdown();
    await expect(answer).rejects.toThrow('abort');
  });
});
