import {
  bytesOf,
  goodVectors,
  OFFICIAL_VECTORS,
  vectorNamed,
  type OfficialVector,
  type VectorRecord,
} from '../../test/fixtures/official-vectors.js';
import { frameOf } from '../../test/fixtures/bytes.js';
import { protocolErrorOf } from '../../test/fixtures/protocol-errors.js';
import { decodeRecords } from './avl-decoder.js';
import { encodeRecordArray, encodeRecords } from './avl-encoder.js';
import type { AvlRecord, IoElement } from './avl-record.js';
import { CODEC_12, CODEC_13, CODEC_14, CODEC_15 } from './codec-ids.js';
import { encodeAcknowledgement } from './frame-encoder.js';
import { FrameCrcError, FrameSplitter, type Frame } from './frame-splitter.js';
import {
  decodeMessage,
  encodeCodec12Command,
  encodeCodec12Reply,
  encodeCodec13Message,
  encodeCodec14Command,
  encodeCodec14Reply,
  encodeCodec15Message,
  messageText,
} from './message.js';
import { decodeUdpDatagram, encodeUdpPacket, encodeUdpReply, type UdpChannelPacket } from './udp-channel.js';

const RECORD_CODECS = ['8', '8E', '16'] as const;
const MESSAGE_CODECS = ['12', '13', '14', '15'] as const;
const MESSAGE_CODEC_IDS = { '12': CODEC_12, '13': CODEC_13, '14': CODEC_14, '15': CODEC_15 };

describe('frames of records printed by Teltonika', () => {
  it.each(goodVectors(RECORD_CODECS, 'tcp'))('$name decodes to the printed content', (vector) => {
    const frame = onlyFrame(bytesOf(vector));
    expect(frame.count).toBe(vector.decoded?.n1);
    expect(frame.bytes).toEqual(bytesOf(vector));
    expect(decodeRecords(frame.data).map(asPrinted)).toEqual(printedRecords(vector));
  });

  it.each(goodVectors(RECORD_CODECS, 'tcp'))('$name encodes to the printed bytes', (vector) => {
    const frame = onlyFrame(bytesOf(vector));
    expect(encodeRecords(frame.codec, decodeRecords(frame.data))).toEqual(bytesOf(vector));
  });

  it.each(goodVectors(RECORD_CODECS, 'tcp'))('$name is acknowledged with the printed bytes', (vector) => {
    const frame = onlyFrame(bytesOf(vector));
    expect(encodeAcknowledgement(decodeRecords(frame.data).length).toString('hex')).toBe(vector.server_reply_hex);
  });

  it.each(goodVectors(RECORD_CODECS, 'avl-array-only'))('$name decodes and encodes without a frame around it', (vector) => {
    const records = decodeRecords(bytesOf(vector));
    expect(records.map(asPrinted)).toEqual(printedRecords(vector));
    expect(encodeRecordArray(bytesOf(vector).readUInt8(0), records)).toEqual(bytesOf(vector));
  });

  it.each(goodVectors(RECORD_CODECS, 'tcp'))('$name gives each record its bytes, which together are the data field', (vector) => {
    const { data } = onlyFrame(bytesOf(vector));
    const records = decodeRecords(data).map((record) => record.bytes);
    expect(Buffer.concat([data.subarray(0, 2), ...records, data.subarray(-1)])).toEqual(data);
  });
});

describe('UDP datagrams printed by Teltonika', () => {
  it.each(goodVectors(RECORD_CODECS, 'udp'))('$name decodes to the printed content', (vector) => {
    const packet = onlyPacket(vector);
    expect({ ...packet, data: undefined }).toEqual({
      packetId: Number.parseInt(vector.decoded?.packet_id ?? '', 16),
      packetType: vector.decoded?.not_usable,
      avlPacketId: vector.decoded?.avl_packet_id,
      imei: vector.decoded?.imei,
      data: undefined,
    });
    expect(decodeRecords(packet.data).map(asPrinted)).toEqual(printedRecords(vector));
  });

  it.each(goodVectors(RECORD_CODECS, 'udp'))('$name encodes to the printed bytes', (vector) => {
    const packet = onlyPacket(vector);
    const data = encodeRecordArray(packet.data.readUInt8(0), decodeRecords(packet.data));
    expect(encodeUdpPacket({ ...packet, data })).toEqual(bytesOf(vector));
  });

  it.each(goodVectors(RECORD_CODECS, 'udp'))('$name is answered with the printed bytes', (vector) => {
    const { packetId, avlPacketId, data } = onlyPacket(vector);
    const reply = encodeUdpReply(packetId, avlPacketId, decodeRecords(data).length);
    expect(reply.toString('hex').toUpperCase()).toBe(vector.server_reply_hex);
  });
});

describe('messages printed by Teltonika', () => {
  it.each(goodVectors(MESSAGE_CODECS))('$name decodes to the printed content', (vector) => {
    const message = decodeMessage(onlyFrame(bytesOf(vector)).data);
    expect({ ...message, payload: message.payload.toString('latin1') }).toEqual({
      codec: MESSAGE_CODEC_IDS[vector.codec as (typeof MESSAGE_CODECS)[number]],
      type: Number(vector.decoded?.type),
      payload: vector.decoded?.text,
      timestampS: vector.decoded?.ts ?? null,
      imei: vector.decoded?.imei_bcd?.slice(1) ?? null,
    });
    expect(messageText(message.payload)).toBe(vector.decoded?.text?.trimEnd());
  });

  it.each([
    ['codec12-getinfo-request', encodeCodec12Command('getinfo')],
    ['codec12-getinfo-response', encodeCodec12Reply(textOf('codec12-getinfo-response'))],
    ['codec12-getio-request', encodeCodec12Command('getio')],
    ['codec12-getio-response', encodeCodec12Reply(textOf('codec12-getio-response'))],
    ['codec13-hello', encodeCodec13Message(0x64e83281, 'hello lets test\r\n')],
    ['codec13-getinfo-corrected', encodeCodec13Message(0x0a81c320, 'getinfo')],
    ['codec14-getver-request', encodeCodec14Command('352093081452251', 'getver')],
    ['codec14-getver-response', encodeCodec14Reply('352093081452251', textOf('codec14-getver-response'))],
    ['codec15-hello', encodeCodec15Message(0x654b65a4, '123456789123456', 'Hello!\n')],
  ])('%s encodes to the printed bytes', (name, encoded) => {
    expect(encoded).toEqual(bytesOf(vectorNamed(name)));
  });
});

describe('examples with errors in the documentation', () => {
  it('are all tested here', () => {
    const wrong = OFFICIAL_VECTORS.filter(({ expect: expected }) => expected !== 'decode').map(({ name }) => name);
    expect(wrong).toEqual([
      'codec16-udp-as-printed-MALFORMED',
      'codec13-getinfo-old-MALFORMED',
      'codec14-nack-as-printed-BADCRC',
    ]);
  });

  it('the codec 16 datagram is rejected: its length is more than its bytes', () => {
    const { packets, error } = decodeUdpDatagram(bytesOf(vectorNamed('codec16-udp-as-printed-MALFORMED')));
    expect(packets).toEqual([]);
    expect(error).toMatchObject({ code: 'TRUNCATED', offset: 2 });
  });

  it('the codec 16 data field alone is rejected too: 7 records at the start, 1 at the end', () => {
    const data = bytesOf(vectorNamed('codec16-udp-as-printed-MALFORMED')).subarray(23);
    expect(protocolErrorOf(() => decodeRecords(data))).toEqual({ code: 'COUNT_MISMATCH', offset: data.length - 1 });
  });

  it('the old codec 13 frame is never complete, and the next frame is read as its end', () => {
    const splitter = new FrameSplitter(1024);
    splitter.push(bytesOf(vectorNamed('codec13-getinfo-old-MALFORMED')));
    expect(splitter.next()).toBeNull();
    splitter.push(bytesOf(vectorNamed('codec13-hello')));
    expect(() => splitter.next()).toThrow(FrameCrcError);
  });

  it('the old codec 13 body has a type that codec 13 does not have', () => {
    const data = bytesOf(vectorNamed('codec13-getinfo-old-MALFORMED')).subarray(8, -4);
    expect(protocolErrorOf(() => decodeMessage(data))).toEqual({ code: 'UNSUPPORTED_MESSAGE_TYPE', offset: 2 });
  });

  it('the codec 14 nACK has a wrong CRC, and is valid with the right one', () => {
    const printed = bytesOf(vectorNamed('codec14-nack-as-printed-BADCRC'));
    expect(() => onlyFrame(printed)).toThrow(FrameCrcError);
    const message = decodeMessage(onlyFrame(frameOf(printed.subarray(8, -4))).data);
    expect(message).toMatchObject({ codec: CODEC_14, type: 0x11, imei: '352093081452468', timestampS: null });
    expect(message.payload).toHaveLength(0);
  });
});

function onlyFrame(bytes: Buffer): Frame {
  const splitter = new FrameSplitter(2048);
  splitter.push(bytes);
  const frame = splitter.next();
  if (frame === null || splitter.next() !== null || splitter.bufferedBytes > 0) {
    throw new Error('expected one frame and nothing else');
  }
  return frame;
}

function onlyPacket(vector: OfficialVector): UdpChannelPacket {
  const { packets, error } = decodeUdpDatagram(bytesOf(vector));
  expect(error).toBeNull();
  expect(packets).toHaveLength(1);
  return packets[0]!;
}

function textOf(name: string): string {
  return vectorNamed(name).decoded?.text ?? '';
}

/** A record in the format of the vectors' file, each value as the hex digits of its width. */
function asPrinted(record: AvlRecord): unknown {
  return {
    timestamp_ms: record.timestampMs,
    priority: record.priority,
    lon_raw: record.longitude,
    lat_raw: record.latitude,
    altitude: record.altitude,
    angle: record.angle,
    satellites: record.satellites,
    speed: record.speed,
    event_io_id: record.eventIoId,
    generation_type: record.generationType,
    io: record.io.map((element) => ({ id: element.id, bytes: element.width, hex: hexOf(element) })),
  };
}

function hexOf({ value, width }: IoElement): string {
  return Buffer.isBuffer(value) ? value.toString('hex') : value.toString(16).padStart(2 * width, '0');
}

function printedRecords(vector: OfficialVector): unknown[] {
  return (vector.decoded?.records ?? []).map((record: VectorRecord) => ({
    timestamp_ms: record.timestamp_ms,
    priority: record.priority,
    lon_raw: record.lon_raw,
    lat_raw: record.lat_raw,
    altitude: record.altitude,
    angle: record.angle,
    satellites: record.satellites,
    speed: record.speed,
    event_io_id: record.event_io_id,
    generation_type: record.generation_type ?? null,
    io: record.io.map(({ id, bytes, hex }) => ({ id, bytes, hex })),
  }));
}
