import fc from 'fast-check';
import { Bytes } from '../../test/fixtures/bytes.js';
import { protocolErrorOf } from '../../test/fixtures/protocol-errors.js';
import { CODEC_12, CODEC_13, CODEC_14, CODEC_15 } from './codec-ids.js';
import {
  decodeMessage,
  decodeMessages,
  encodeCodec12Command,
  encodeCodec12Reply,
  encodeCodec13Message,
  encodeCodec14Command,
  encodeCodec14Nack,
  encodeCodec14Reply,
  encodeCodec15Message,
  MESSAGE_TYPE_COMMAND,
  MESSAGE_TYPE_CODEC_15,
  MESSAGE_TYPE_NACK,
  MESSAGE_TYPE_PHOTO,
  MESSAGE_TYPE_REPLY,
  messageText,
  type DeviceMessage,
} from './message.js';

const IMEI = '352093081452251';
const PACKED_IMEI = '0352093081452251';

describe('decodeMessage', () => {
  it('gives an empty payload for a size of zero', () => {
    expect(decodeMessage(field(CODEC_12, 0x06, ''))).toMatchObject({ payload: Buffer.alloc(0), timestampS: null, imei: null });
    expect(decodeMessage(field(CODEC_13, 0x06, '00000001'))).toMatchObject({ payload: Buffer.alloc(0), timestampS: 1 });
    expect(decodeMessage(field(CODEC_14, 0x11, PACKED_IMEI))).toMatchObject({ payload: Buffer.alloc(0), imei: IMEI });
  });

  it('gives times after 2038', () => {
    expect(decodeMessage(field(CODEC_13, 0x06, 'FFFFFFFF')).timestampS).toBe(4_294_967_295);
  });

  it('gives a chunk of a photo unchanged', () => {
    const message = decodeMessage(field(CODEC_12, 0x0d, '00FFD8FFE00A0D00'));
    expect(message).toMatchObject({ type: MESSAGE_TYPE_PHOTO, payload: Buffer.from('00FFD8FFE00A0D00', 'hex') });
  });

  it('gives the payload as a view of the frame', () => {
    const data = field(CODEC_12, 0x06, '41');
    const { payload } = decodeMessage(data);
    data[7] = 0x42;
    expect(payload.toString()).toBe('B');
  });

  it('ignores the quantity, as documented, if both are equal', () => {
    expect(decodeMessage(new Bytes().u8(CODEC_12, 7, 6).u32(1).u8(65, 7).build()).payload).toEqual(Buffer.from('A'));
    const data = new Bytes().u8(CODEC_12, 1, 6).u32(1).u8(65, 2).build();
    expect(protocolErrorOf(() => decodeMessage(data))).toEqual({ code: 'COUNT_MISMATCH', offset: 8 });
  });

  it.each([0x08, 0x8e, 0x10, 0x0b, 0x11, 0x00])('rejects codec %i', (codec) => {
    const data = Buffer.concat([Buffer.of(codec), field(CODEC_12, 0x06, '').subarray(1)]);
    expect(protocolErrorOf(() => decodeMessage(data))).toEqual({ code: 'UNSUPPORTED_CODEC', offset: 0 });
  });

  it('accepts these types of each codec and no others', () => {
    const accepted = [CODEC_12, CODEC_13, CODEC_14, CODEC_15].map((codec) =>
      Array.from({ length: 256 }, (_, type) => type).filter((type) => acceptsType(codec, type)),
    );
    expect(accepted).toEqual([
      [MESSAGE_TYPE_COMMAND, MESSAGE_TYPE_REPLY, MESSAGE_TYPE_PHOTO],
      [MESSAGE_TYPE_REPLY],
      [MESSAGE_TYPE_COMMAND, MESSAGE_TYPE_REPLY, MESSAGE_TYPE_NACK],
      [MESSAGE_TYPE_CODEC_15],
    ]);
  });

  it.each([
    ['one too large', 1, 'TRUNCATED', 3],
    ['far too large', 0xffff_0000, 'TRUNCATED', 3],
    ['one too small', -1, 'TRAILING_BYTES', 9],
  ])('rejects a size that is %s', (_what, difference, code, offset) => {
    const data = field(CODEC_12, 0x06, '414243');
    data.writeUInt32BE(3 + difference, 3);
    expect(protocolErrorOf(() => decodeMessage(data))).toEqual({ code, offset });
  });

  it.each([
    ['13', CODEC_13, 0x06, '000001', 7],
    ['14', CODEC_14, 0x11, PACKED_IMEI.slice(2), 7],
    ['15', CODEC_15, 0x0b, '00000001' + PACKED_IMEI.slice(2), 11],
  ])('rejects a codec %s body that is too short for its fields', (_name, codec, type, body, offset) => {
    expect(protocolErrorOf(() => decodeMessage(field(codec, type, body)))).toEqual({ code: 'TRUNCATED', offset });
  });

  it.each([
    ['a letter', '035209308145225A', CODEC_14, 7],
    ['a letter in front', 'A352093081452251', CODEC_14, 7],
    ['sixteen digits', '1352093081452251', CODEC_14, 7],
    ['all ones', 'FFFFFFFFFFFFFFFF', CODEC_14, 7],
    ['a letter in codec 15', '035209308145225A', CODEC_15, 11],
  ])('rejects an IMEI field with %s', (_what, packed, codec, offset) => {
    const data = codec === CODEC_14 ? field(codec, 0x06, packed) : field(codec, 0x0b, `00000000${packed}`);
    expect(protocolErrorOf(() => decodeMessage(data))).toEqual({ code: 'BAD_IMEI', offset });
  });
});

describe('decodeMessages', () => {
  const one = (text: string, type = '06'): string =>
    type + text.length.toString(16).padStart(8, '0') + Buffer.from(text).toString('hex');
  const texts = (data: Buffer): string[] => decodeMessages(data).map(({ payload }) => payload.toString());
  const of = (quantity: string, ...parts: string[]): Buffer => Buffer.from(['0c', quantity, ...parts, quantity].join(''), 'hex');

  it.each([
    ['each with its type', of('03', one('first'), one(''), one('third')), ['first', '', 'third']],
    ['the type given once', of('03', one('first'), one('', ''), one('third', '')), ['first', '', 'third']],
    ['one of them, whatever the quantity', of('07', one('only')), ['only']],
  ])('returns every message in order: %s', (_what, data, expected) => {
    expect(texts(data)).toEqual(expected);
  });

  it('returns every message of the other codecs, each with its time and IMEI', () => {
    const data = Buffer.from(`0f020b0000000d00000001${PACKED_IMEI}410b0000000d00000002${PACKED_IMEI}4202`, 'hex');
    expect(decodeMessages(data)).toMatchObject([
      { timestampS: 1, imei: IMEI, payload: Buffer.from('A') },
      { timestampS: 2, imei: IMEI, payload: Buffer.from('B') },
    ]);
  });

  it('rejects more messages than the quantity, and fewer unless there is only one', () => {
    expect(protocolErrorOf(() => decodeMessages(of('03', one('a'), one('b')))).code).toBe('COUNT_MISMATCH');
    expect(protocolErrorOf(() => decodeMessages(of('01', one('a'), one('b')))).code).toBe('TRAILING_BYTES');
    expect(protocolErrorOf(() => decodeMessages(of('02', one('a'), one('b'), one('c')))).code).toBe('TRAILING_BYTES');
  });

  it('rejects the field when a later message is cut, or has an unknown type', () => {
    const cut = of('02', one('a'), '060000000941');
    expect(protocolErrorOf(() => decodeMessages(cut)).code).toBe('TRUNCATED');
    expect(protocolErrorOf(() => decodeMessages(of('02', one('a'), one('b', '77')))).code).toBe('UNSUPPORTED_MESSAGE_TYPE');
  });

  it('does not return one of several as the only one', () => {
    expect(protocolErrorOf(() => decodeMessage(of('02', one('a'), one('b')))).code).toBe('TRAILING_BYTES');
  });
});

describe('messageText', () => {
  it.each([
    ['getver', 'getver'],
    ['reply\r\n', 'reply'],
    ['reply\r\n\0', 'reply'],
    ['\0\0', ''],
    ['', ''],
    ['two\r\nlines\n', 'two\r\nlines'],
    [' spaces stay ', ' spaces stay '],
    ['21 °C', '21 °C'],
  ])('reads %j as %j', (text, expected) => {
    expect(messageText(Buffer.from(text, 'latin1'))).toBe(expected);
  });
});

describe('message encoders', () => {
  const text = fc.string({ unit: fc.nat(0xff).map((code) => String.fromCharCode(code)), maxLength: 160 });
  const timestampS = fc.nat(0xffff_ffff);
  const imei = fc.array(fc.nat(9), { minLength: 15, maxLength: 15 }).map((digits) => digits.join(''));

  it('write what the decoder reads, for any text, time and IMEI', () => {
    fc.assert(
      fc.property(text, timestampS, imei, (anyText, time, anyImei) => {
        const payload = Buffer.from(anyText, 'latin1');
        expect(decoded(encodeCodec12Command(anyText))).toEqual(message(CODEC_12, 5, payload, null, null));
        expect(decoded(encodeCodec12Reply(anyText))).toEqual(message(CODEC_12, 6, payload, null, null));
        expect(decoded(encodeCodec13Message(time, anyText))).toEqual(message(CODEC_13, 6, payload, time, null));
        expect(decoded(encodeCodec14Command(anyImei, anyText))).toEqual(message(CODEC_14, 5, payload, null, anyImei));
        expect(decoded(encodeCodec14Reply(anyImei, anyText))).toEqual(message(CODEC_14, 6, payload, null, anyImei));
        expect(decoded(encodeCodec14Nack(anyImei))).toEqual(message(CODEC_14, 0x11, Buffer.alloc(0), null, anyImei));
        expect(decoded(encodeCodec15Message(time, anyImei, anyText))).toEqual(message(CODEC_15, 0x0b, payload, time, anyImei));
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it.each(['€', 'setdigout 1\u{1f600}', 'Ā'])('reject %j, which has a character of more than one byte', (wide) => {
    expect(() => encodeCodec12Command(wide)).toThrow(RangeError);
    expect(() => encodeCodec14Command(IMEI, wide)).toThrow(RangeError);
  });

  it.each([-1, 2 ** 32, 1.5, NaN])('reject %d as a time', (time) => {
    expect(() => encodeCodec13Message(time, '')).toThrow(RangeError);
    expect(() => encodeCodec15Message(time, IMEI, '')).toThrow(RangeError);
  });

  it.each(['', '35209308145225', '3520930814522510', '35209308145225A'])('reject %j as an IMEI', (wrong) => {
    expect(() => encodeCodec14Command(wrong, 'getver')).toThrow(RangeError);
    expect(() => encodeCodec14Nack(wrong)).toThrow(RangeError);
    expect(() => encodeCodec15Message(0, wrong, '')).toThrow(RangeError);
  });
});

function field(codec: number, type: number, bodyHex: string): Buffer {
  const body = Buffer.from(bodyHex, 'hex');
  return new Bytes().u8(codec, 1, type).u32(body.length).raw(body).u8(1).build();
}

function acceptsType(codec: number, type: number): boolean {
  const bodies = { [CODEC_13]: '00000000', [CODEC_14]: PACKED_IMEI, [CODEC_15]: `00000000${PACKED_IMEI}` };
  const data = field(codec, type, (bodies as Record<number, string>)[codec] ?? '');
  try {
    return decodeMessage(data).type === type;
  } catch (error) {
    expect(error).toMatchObject({ code: 'UNSUPPORTED_MESSAGE_TYPE', offset: 2 });
    return false;
  }
}

function decoded(frame: Buffer): DeviceMessage {
  return decodeMessage(frame.subarray(8, -4));
}

function message(
  codec: DeviceMessage['codec'],
  type: number,
  payload: Buffer,
  timestampS: number | null,
  imei: string | null,
): DeviceMessage {
  return { codec, type, payload, timestampS, imei };
}
