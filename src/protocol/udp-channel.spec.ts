import { Bytes } from '../../test/fixtures/bytes.js';
import { bytesOf, vectorNamed } from '../../test/fixtures/official-vectors.js';
import { ProtocolError } from './protocol-error.js';
import { decodeUdpDatagram, decodeUdpReply, encodeUdpPacket, encodeUdpReply } from './udp-channel.js';

const PACKET = bytesOf(vectorNamed('codec8-udp'));
const OTHER_PACKET = bytesOf(vectorNamed('codec8e-udp'));
const IMEI = '352093086403655';
const EMPTY_FIELD = Buffer.of(0x08, 0, 0);

describe('a datagram', () => {
  it('may have several packets', () => {
    const { packets, error } = decodeUdpDatagram(Buffer.concat([PACKET, OTHER_PACKET, PACKET]));
    expect(error).toBeNull();
    expect(packets.map(({ avlPacketId }) => avlPacketId)).toEqual([5, 7, 5]);
    expect(packets.map(({ data }) => data)).toEqual([PACKET.subarray(23), OTHER_PACKET.subarray(23), PACKET.subarray(23)]);
  });

  it('without bytes has no packet and no error', () => {
    expect(decodeUdpDatagram(Buffer.alloc(0))).toEqual({ packets: [], error: null });
  });

  it('gives the packets before an invalid one, and the error with its offset', () => {
    const bad = packetOf({ imei: '35209308640365X' });
    const { packets, error } = decodeUdpDatagram(Buffer.concat([PACKET, bad, OTHER_PACKET]));
    expect(packets.map(({ avlPacketId }) => avlPacketId)).toEqual([5]);
    expect(error).toMatchObject({ code: 'BAD_IMEI', offset: PACKET.length + 8 });
  });

  it('cut anywhere gives its complete packets and an error', () => {
    const datagram = Buffer.concat([PACKET, OTHER_PACKET]);
    for (let length = 1; length < datagram.length; length++) {
      const { packets, error } = decodeUdpDatagram(datagram.subarray(0, length));
      expect(packets).toHaveLength(length < PACKET.length ? 0 : 1);
      expect(error?.code).toBe(length === PACKET.length ? undefined : 'TRUNCATED');
    }
  });

  it('with a byte behind its last packet gives an error', () => {
    const { packets, error } = decodeUdpDatagram(Buffer.concat([PACKET, Buffer.of(0)]));
    expect(packets).toHaveLength(1);
    expect(error).toMatchObject({ code: 'TRUNCATED', offset: PACKET.length });
  });
});

describe('a channel packet', () => {
  it('has a data field of at least three bytes', () => {
    expect(decodeUdpDatagram(packetOf({ data: EMPTY_FIELD }))).toMatchObject({ packets: [{ data: EMPTY_FIELD }], error: null });
    expect(errorOf(packetOf({ data: Buffer.of(0x08, 0) }))).toMatchObject({ code: 'BAD_LENGTH', offset: 0 });
  });

  it.each([0, 1, 3, 23])('of length %i is rejected', (length) => {
    expect(errorOf(new Bytes().u16(length).raw(Buffer.alloc(60)).build())).toMatchObject({ code: 'BAD_LENGTH', offset: 0 });
  });

  it.each([0, 14, 16, 0xffff])('with an IMEI length of %i is rejected', (imeiLength) => {
    expect(errorOf(packetOf({ imeiLength, data: Buffer.alloc(10) }))).toMatchObject({ code: 'BAD_IMEI', offset: 6 });
  });

  it.each([0x00, 0x01, 0x02, 0xff])('of packet type %i is read: the byte is documented as not usable', (packetType) => {
    expect(decodeUdpDatagram(packetOf({ packetType })).packets).toMatchObject([{ packetType, imei: IMEI }]);
  });

  it('is encoded with packet type 1 by default', () => {
    const packet = { packetId: 0xcafe, avlPacketId: 5, imei: IMEI, data: EMPTY_FIELD };
    expect(encodeUdpPacket(packet)).toEqual(packetOf({}));
    expect(encodeUdpPacket({ ...packet, packetType: 0 })).toEqual(packetOf({ packetType: 0 }));
  });

  it.each([
    ['a packet id of three bytes', { packetId: 0x1_0000 }],
    ['an AVL packet id of two bytes', { avlPacketId: 256 }],
    ['a negative packet type', { packetType: -1 }],
    ['an IMEI of 14 digits', { imei: IMEI.slice(1) }],
    ['more data than the length can say', { data: Buffer.alloc(65_536) }],
  ])('is not encoded with %s', (_what, wrong) => {
    const packet = { packetId: 1, avlPacketId: 1, imei: IMEI, data: EMPTY_FIELD, ...wrong };
    expect(() => encodeUdpPacket(packet)).toThrow(RangeError);
  });
});

describe('encodeUdpReply', () => {
  it('writes the bytes of the documentation', () => {
    expect(encodeUdpReply(0xcafe, 5, 1).toString('hex')).toBe('0005cafe010501');
  });

  it('accepts counts from 0 to 255', () => {
    expect(encodeUdpReply(0, 0, 0).toString('hex')).toBe('00050000010000');
    expect(encodeUdpReply(0xffff, 255, 255).toString('hex')).toBe('0005ffff01ffff');
  });

  it('rejects numbers that do not fit', () => {
    expect(() => encodeUdpReply(0x1_0000, 0, 0)).toThrow(RangeError);
    expect(() => encodeUdpReply(0, 256, 0)).toThrow(RangeError);
    expect(() => encodeUdpReply(0, 0, 256)).toThrow(RangeError);
  });
});

describe('decodeUdpReply', () => {
  it('reads the bytes of the documentation, with any packet type', () => {
    const reply = { packetId: 0xcafe, avlPacketId: 5, accepted: 1 };
    expect(decodeUdpReply(Buffer.from('0005cafe010501', 'hex'))).toEqual(reply);
    expect(decodeUdpReply(Buffer.from('0005cafe000501', 'hex'))).toEqual(reply);
  });

  it.each(['', '00', '0005cafe0105', '0005cafe01050100', '0004cafe0105', '0006cafe01050100'])('rejects %j', (hex) => {
    expect(() => decodeUdpReply(Buffer.from(hex, 'hex'))).toThrow(ProtocolError);
  });
});

function packetOf(changes: { packetType?: number; imeiLength?: number; imei?: string; data?: Buffer }): Buffer {
  const { packetType = 1, imeiLength = 15, imei = IMEI, data = EMPTY_FIELD } = changes;
  const body = new Bytes().u16(0xcafe).u8(packetType, 5).u16(imeiLength).text(imei).raw(data).build();
  return new Bytes().u16(body.length).raw(body).build();
}

function errorOf(datagram: Buffer): unknown {
  const { packets, error } = decodeUdpDatagram(datagram);
  expect(packets).toEqual([]);
  return error;
}
