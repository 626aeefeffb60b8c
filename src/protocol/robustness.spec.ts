import fc from 'fast-check';
import { frameOf } from '../../test/fixtures/bytes.js';
import { bytesOf, goodVectors, OFFICIAL_VECTORS } from '../../test/fixtures/official-vectors.js';
import { endsWellOrWithProtocolError, protocolErrorOf } from '../../test/fixtures/protocol-errors.js';
import { decodeRecords } from './avl-decoder.js';
import { isMessageCodec, isRecordCodec } from './codec-ids.js';
import { FrameSplitter } from './frame-splitter.js';
import { decodeLogin } from './login.js';
import { decodeMessage, decodeMessages, type DeviceMessage } from './message.js';
import { decodeUdpDatagram } from './udp-channel.js';

const MAX_FRAME_BYTES = 2048;
const RECORD_FIELDS = goodVectors(['8', '8E', '16']).map((vector) => dataFieldOf(vector.transport, bytesOf(vector)));
const MESSAGE_FIELDS = goodVectors(['12', '13', '14', '15']).map((vector) => dataFieldOf(vector.transport, bytesOf(vector)));
const CODECS = [0x08, 0x8e, 0x10, 0x0c, 0x0d, 0x0e, 0x0f];

describe('the bytes of a device, cut short anywhere', () => {
  it('are an incomplete login or frame, never an error', () => {
    for (const vector of goodVectors(undefined, 'tcp')) {
      const bytes = bytesOf(vector);
      for (let length = 0; length < bytes.length; length++) {
        const part = bytes.subarray(0, length);
        expect(vector.codec === 'login' ? decodeLogin(part) : firstFrame(part)).toBeNull();
      }
    }
  });

  it('are a rejected data field of records', () => {
    for (const field of RECORD_FIELDS) {
      for (let length = 0; length < field.length; length++) {
        const { code } = protocolErrorOf(() => decodeRecords(field.subarray(0, length)));
        expect(['TRUNCATED', 'COUNT_MISMATCH']).toContain(code);
      }
    }
  });

  it('are a rejected data field of records also when the counts still agree', () => {
    for (const field of RECORD_FIELDS) {
      for (let length = 3; length < field.length; length++) {
        const cut = Buffer.from(field.subarray(0, length));
        cut[length - 1] = field[1]!;
        expect(protocolErrorOf(() => decodeRecords(cut)).code).toBe('TRUNCATED');
      }
    }
  });

  it('are a rejected data field of a message', () => {
    for (const field of MESSAGE_FIELDS) {
      for (let length = 0; length < field.length; length++) {
        expect(protocolErrorOf(() => decodeMessage(field.subarray(0, length))).code).toBe('TRUNCATED');
      }
    }
  });
});

describe('the bytes of a device, with one byte added', () => {
  it('are a rejected data field', () => {
    for (const field of RECORD_FIELDS) {
      const longer = Buffer.concat([field.subarray(0, -1), Buffer.of(1), field.subarray(-1)]);
      expect(protocolErrorOf(() => decodeRecords(longer)).code).toBe('TRAILING_BYTES');
    }
    for (const field of MESSAGE_FIELDS) {
      const longer = Buffer.concat([field.subarray(0, -1), Buffer.of(0), field.subarray(-1)]);
      expect(protocolErrorOf(() => decodeMessage(longer)).code).toBe('TRAILING_BYTES');
    }
  });
});

describe('a data field with any byte changed to any value', () => {
  it('is decoded or rejected, and the decoded content accounts for every byte', () => {
    const fields = [...RECORD_FIELDS, ...MESSAGE_FIELDS];
    const change = fc.record({ field: fc.constantFrom(...fields), place: fc.nat(), value: fc.nat(255) });
    fc.assert(
      fc.property(change, ({ field, place, value }) => {
        const changed = Buffer.from(field);
        changed[place % field.length] = value;
        expect(endsWellOrWithProtocolError(() => decodeField(changed))).toBe(true);
      }),
      { seed: 1, numRuns: 5000 },
    );
  });
});

describe('noise', () => {
  const noise = fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes));

  it('in a data field of each codec is decoded or rejected', () => {
    const field = fc
      .tuple(fc.constantFrom(...CODECS), fc.nat(4), noise)
      .map(([codec, count, bytes]) => Buffer.concat([Buffer.of(codec, count), bytes, Buffer.of(count)]));
    fc.assert(
      fc.property(field, (data) => {
        expect(endsWellOrWithProtocolError(() => decodeField(data))).toBe(true);
      }),
      { seed: 2, numRuns: 5000 },
    );
  });

  it('with small numbers, which reach deep into the groups, is decoded or rejected', () => {
    const small = fc.array(fc.nat(2), { minLength: 30, maxLength: 200 }).map((bytes) => Buffer.from(bytes));
    const field = fc
      .tuple(fc.constantFrom(0x08, 0x8e, 0x10), small)
      .map(([codec, bytes]) => Buffer.concat([Buffer.of(codec, 1), bytes, Buffer.of(1)]));
    fc.assert(
      fc.property(field, (data) => {
        expect(endsWellOrWithProtocolError(() => decodeField(data))).toBe(true);
      }),
      { seed: 3, numRuns: 5000 },
    );
  });

  it('behind a login gives frames with a valid CRC or a ProtocolError', () => {
    const stream = fc.array(
      fc.oneof(
        noise,
        noise.map((bytes) => frameOf(Buffer.concat([Buffer.of(0x8e), bytes, Buffer.of(1, 1)]))),
        fc.constant(Buffer.of(0xff)),
        fc.constant(Buffer.alloc(4)),
      ),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(stream, (chunks) => {
        expect(endsWellOrWithProtocolError(() => drainAll(chunks))).toBe(true);
      }),
      { seed: 4, numRuns: 2000 },
    );
  });

  it('instead of a login is incomplete or rejected', () => {
    fc.assert(
      fc.property(noise, (bytes) => {
        expect(endsWellOrWithProtocolError(() => decodeLogin(bytes))).toBe(true);
      }),
      { seed: 5, numRuns: 2000 },
    );
  });

  it('in a datagram is returned as an error, not thrown', () => {
    const datagram = fc.oneof(
      noise,
      noise.map((bytes) => Buffer.concat([Buffer.of(0, bytes.length), bytes])),
    );
    fc.assert(
      fc.property(datagram, (bytes) => {
        expect(decodeUdpDatagram(bytes)).toHaveProperty('packets');
      }),
      { seed: 6, numRuns: 2000 },
    );
  });
});

it('every example is covered by the rules above', () => {
  expect(RECORD_FIELDS.length + MESSAGE_FIELDS.length + goodVectors(['login']).length).toBe(OFFICIAL_VECTORS.length - 3);
});

function dataFieldOf(transport: string, bytes: Buffer): Buffer {
  if (transport === 'tcp') {
    return bytes.subarray(8, -4);
  }
  return transport === 'udp' ? bytes.subarray(23) : bytes;
}

function firstFrame(bytes: Buffer): unknown {
  const splitter = new FrameSplitter(MAX_FRAME_BYTES);
  splitter.push(bytes);
  return splitter.next();
}

function drainAll(chunks: readonly Buffer[]): void {
  const splitter = new FrameSplitter(MAX_FRAME_BYTES);
  for (const chunk of chunks) {
    splitter.push(chunk);
    for (let frame = splitter.next(); frame !== null; frame = splitter.next()) {
      expect(frameOf(frame.data)).toEqual(frame.bytes);
    }
  }
}

/** Reads like a connection. The parts that are returned must add up to the bytes that were pushed. */
function decodeField(data: Buffer): void {
  const codec = data.readUInt8(0);
  if (isRecordCodec(codec)) {
    const records = decodeRecords(data).map(({ bytes }) => bytes);
    expect(Buffer.concat([data.subarray(0, 2), ...records, data.subarray(-1)]).equals(data)).toBe(true);
  } else if (isMessageCodec(codec)) {
    const [{ payload, timestampS, imei }, another] = decodeMessages(data) as [DeviceMessage, DeviceMessage?];
    const length = 8 + (timestampS === null ? 0 : 4) + (imei === null ? 0 : 8) + payload.length;
    expect(another === undefined ? length === data.length : length < data.length).toBe(true);
  }
}
