import { type Readable } from 'node:stream';
import { jest } from '@jest/globals';
import { AnswerStreams } from '../../platform/http/answer-streams.js';
import { TelemetrySettings } from '../telemetry.settings.js';
import { ATTRIBUTE_COLUMNS } from '../telemetry-columns.js';
import { TelemetryExports, TooManyExportsError } from './telemetry-exports.js';
import { type TelemetryReaderRepository } from './telemetry-reader.repository.js';
import { type TelemetryRecord } from './telemetry-record.js';

const RANGE = { imei: '356307042441013', from: null, to: null, order: 'oldest', view: 'raw' } as const;
const COORDINATES = ATTRIBUTE_COLUMNS.findIndex(({ type }) => type === 'text');

/** About 100 KB of text, with characters of three bytes. */
const record: TelemetryRecord = {
  imei: RANGE.imei,
  timeMs: 1_700_000_000_000,
  receivedMs: 1_700_000_000_000,
  recordHash: '1',
  latitude: 54,
  longitude: 25,
  altitude: 0,
  angle: 0,
  satellites: 9,
  speed: 0,
  priority: 0,
  eventIoId: 0,
  generationType: null,
  attributes: ATTRIBUTE_COLUMNS.map((_, index) => (index === COORDINATES ? '€'.repeat(33_000) : null)),
  io: null,
};

/** Pages without end. */
class EndlessReader {
  pages = 0;

  findHistory() {
    this.pages++;
    return Promise.resolve({ rows: [record, record], hasMore: true });
  }
}

let reader: EndlessReader;
let answers: AnswerStreams;
let exports: TelemetryExports;
let opened: Readable[];

beforeEach(() => {
  reader = new EndlessReader();
  opened = [];
  answers = new AnswerStreams();
  exports = new TelemetryExports(new TelemetrySettings(), reader as unknown as TelemetryReaderRepository, answers);
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
});

afterEach(() => {
  opened.forEach((stream) => stream.destroy());
  jest.useRealTimers();
});

async function open(): Promise<Readable> {
  const { readable } = await exports.open(RANGE, 'csv');
  readable.on('error', () => undefined);
  opened.push(readable);
  return readable;
}

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 50; turn++) {
    await new Promise(setImmediate);
  }
};

describe('an export', () => {
  it('ends when its client takes nothing for a minute', async () => {
    const stream = await open();
    stream.read(0);
    await turns();
    jest.advanceTimersByTime(59_999);
    expect(stream.destroyed).toBe(false);
    jest.advanceTimersByTime(1);
    expect(stream.destroyed).toBe(true);
  });

  it('goes on for a client that takes 64 KiB a minute, and reads no further than it takes', async () => {
    const stream = await open();
    let bytes = 0;
    for (let minute = 0; minute < 10; minute++) {
      stream.read(0);
      await turns();
      jest.advanceTimersByTime(59_000);
      bytes += (stream.read() as Buffer).length;
      await turns();
    }
    expect(stream.destroyed).toBe(false);
    expect(bytes).toBeLessThanOrEqual(10 * 65_536);
    // A page has about 200 KB.
    expect(reader.pages).toBeLessThanOrEqual(5);
  });

  it('has its characters whole', async () => {
    const stream = await open();
    let text = '';
    stream.setEncoding('utf8');
    for await (const chunk of stream) {
      text += chunk as string;
      if (text.length > 200_000) {
        break;
      }
    }
    expect(text).not.toContain('\uFFFD');
  });

  it('that is closed before anything of it is read makes room for another', async () => {
    const max = new TelemetrySettings().TELEMETRY_MAX_EXPORTS;
    for (let count = 0; count < max; count++) {
      await open();
    }
    await expect(exports.open(RANGE, 'csv')).rejects.toThrow(TooManyExportsError);
    opened[0]?.destroy();
    await turns();
    await open();
    await expect(exports.open(RANGE, 'csv')).rejects.toThrow(TooManyExportsError);
  });

  it('is refused when the gateway begins to stop while its first page is read', async () => {
    const opening = exports.open(RANGE, 'csv');
    answers.beforeApplicationShutdown();
    await expect(opening).rejects.toMatchObject({ code: 'STOPPING' });
  });
});
