import { decodeRecords } from '../../protocol/avl-decoder.js';
import { encodeRecordArray } from '../../protocol/avl-encoder.js';
import { CODEC_8 } from '../../protocol/codec-ids.js';
import { FrameCrcError, FrameSplitter } from '../../protocol/frame-splitter.js';
import { FaultPlan, type FaultRates } from '../fault-plan.js';
import { RecordBuffer } from './record-buffer.js';
import { type OutgoingFrame, RecordTransmission } from './record-transmission.js';

const EMPTY = { priority: 0, longitude: 0, latitude: 0, altitude: 0, angle: 0, satellites: 0, speed: 0, eventIoId: 0 };

describe('RecordTransmission', () => {
  let buffer: RecordBuffer;

  beforeEach(() => {
    buffer = new RecordBuffer(1000);
  });

  function transmission(rates: FaultRates = {}, newestFirst = false): RecordTransmission {
    const faults = new FaultPlan(rates, 1, 0, new Map());
    return new RecordTransmission(buffer, { codec: CODEC_8, recordsPerFrame: 3, newestFirst }, faults);
  }

  /** Record n has the time n and 30 bytes. */
  function write(...times: number[]): void {
    for (const timestampMs of times) {
      const array = encodeRecordArray(CODEC_8, [{ ...EMPTY, timestampMs, generationType: null, io: [] }]);
      buffer.add({ sequence: timestampMs, timestampMs, bytes: array.subarray(2, -1) });
    }
  }

  it('sends one frame at a time when enough records wait', () => {
    const sending = transmission();
    write(0, 1);
    expect(sending.next(3)).toBeNull();
    write(2, 3);
    expect(timesIn(sending.next(3))).toEqual([0, 1, 2]);
    expect(sending.next(1)).toBeNull();
    expect(sending.acknowledge(3)).toMatchObject({
      kind: 'accepted',
      records: [{ sequence: 0 }, { sequence: 1 }, { sequence: 2 }],
    });
    expect(timesIn(sending.next(1))).toEqual([3]);
  });

  it.each([0, 2, 4, 255])('sends the same bytes again when the count is %s instead of 3', (count) => {
    const sending = transmission();
    write(0, 1, 2, 3);
    const first = sending.next(3)!;
    expect(sending.acknowledge(count)).toEqual({ kind: 'wrong-count' });
    const second = sending.next(3)!;
    expect(second.kind).toBe('resend');
    expect(second.bytes.equals(first.bytes)).toBe(true);
    expect(sending.acknowledge(3).kind).toBe('accepted');
  });

  it('sends the same bytes again after a lost connection', () => {
    const sending = transmission();
    write(0, 1, 2);
    const first = sending.next(3)!;
    write(3, 4, 5);
    sending.connectionLost();
    expect(sending.unacknowledged).toBe(3);
    expect(sending.next(3)!.bytes.equals(first.bytes)).toBe(true);
  });

  it('fills frames up to a kilobyte when the queue is long', () => {
    const sending = transmission();
    write(...Array.from({ length: 200 }, (_, time) => time));
    const frame = sending.next(3)!;
    expect(frame.count).toBe(33);
    expect(frame.bytes.length).toBeLessThan(1024);
  });

  it('sends the newest first on request', () => {
    const sending = transmission({}, true);
    write(0, 1, 2, 3);
    expect(timesIn(sending.next(3))).toEqual([3, 2, 1]);
  });

  it('reports an acknowledgement as unexpected when no frame is in flight', () => {
    expect(transmission().acknowledge(3)).toEqual({ kind: 'unexpected' });
  });

  it('ignores the acknowledgement when the fault occurs', () => {
    const sending = transmission({ loseAck: 1 });
    write(0, 1, 2);
    sending.next(3);
    expect(sending.acknowledge(3)).toEqual({ kind: 'lost' });
    expect(sending.current).not.toBeNull();
  });

  it('sends an acknowledged frame twice, and counts its records once', () => {
    const sending = transmission({ duplicate: 1 });
    write(0, 1, 2);
    const first = sending.next(3)!;
    sending.acknowledge(3);
    const again = sending.next(3)!;
    expect([again.kind, again.bytes.equals(first.bytes)]).toEqual(['duplicate', true]);
    expect(sending.acknowledge(3)).toMatchObject({ kind: 'accepted', records: [] });
    expect(sending.next(1)).toBeNull();
  });

  it('adds newer records after a lost acknowledgement, not after a wrong count', () => {
    const sending = transmission({ rebatch: 1 });
    write(0, 1, 2);
    sending.next(3);
    write(3, 4);
    sending.acknowledge(9);
    expect(timesIn(sending.next(3))).toEqual([0, 1, 2]);
    sending.connectionLost();
    expect(timesIn(sending.next(3))).toEqual([0, 1, 2, 3, 4]);
    expect(sending.acknowledge(3)).toEqual({ kind: 'wrong-count' });
  });

  it('changes the CRC and nothing else', () => {
    const sending = transmission({ badCrc: 1 });
    write(0, 1, 2);
    const frame = sending.next(3)!;
    const splitter = new FrameSplitter(2048);
    splitter.push(frame.bytes);
    expect(() => splitter.next()).toThrow(FrameCrcError);
    expect([frame.hasBadCrc, timesIn(frame)]).toEqual([true, [0, 1, 2]]);
  });
});

function timesIn(frame: OutgoingFrame | null): number[] {
  return decodeRecords(frame!.bytes.subarray(8, -4)).map((record) => record.timestampMs);
}
