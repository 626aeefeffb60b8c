import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import { IMEI_DIGITS, isImei, requireImei } from './imei.js';
import { ProtocolError } from './protocol-error.js';

const LENGTH_BYTES = 2;
/** Packet id, packet type, AVL packet id, IMEI length, IMEI. The length before them counts them and the data field. */
const HEADER_BYTES = 2 + 1 + 1 + 2 + IMEI_DIGITS;
/** The smallest data field: codec id and two counts. */
const MIN_DATA_BYTES = 3;
/** Documented as "not usable byte". Older documents call it packet type, and 1 means that no channel acknowledgement is requested. */
const USUAL_PACKET_TYPE = 0x01;
const REPLY_LENGTH = 5;

export interface UdpChannelPacket {
  readonly packetId: number;
  readonly packetType: number;
  readonly avlPacketId: number;
  readonly imei: string;
  /** The data field, codec id to number of data 2, for decodeRecords. A view into the datagram. */
  readonly data: Buffer;
}

export interface UdpDatagram {
  /** The valid packets, up to the first invalid one. */
  readonly packets: UdpChannelPacket[];
  /** The error of the packet behind them. Null when all are valid. */
  readonly error: ProtocolError | null;
}

/**
 * Reads a datagram: one or more channel packets, one after another (Teltonika wiki, Codec, "Communication with server
 * over UDP"). There is no login, no preamble and no CRC. An invalid packet ends the reading, because its length field may be wrong and
 * the start of the next packet is unknown. The packets before it are valid and are to be answered, else the device repeats them.
 */
export function decodeUdpDatagram(datagram: Buffer): UdpDatagram {
  const packets: UdpChannelPacket[] = [];
  const reader = new ByteReader(datagram);
  while (reader.remaining > 0) {
    try {
      packets.push(readPacket(datagram, reader));
    } catch (error) {
      if (error instanceof ProtocolError) {
        return { packets, error };
      }
      throw error;
    }
  }
  return { packets, error: null };
}

/** The answer to a packet: how many of its records were accepted, counted from the first. */
export function encodeUdpReply(packetId: number, avlPacketId: number, accepted: number): Buffer {
  return new ByteWriter(LENGTH_BYTES + REPLY_LENGTH)
    .unsigned(REPLY_LENGTH, 2, 'length')
    .unsigned(packetId, 2, 'packetId')
    .unsigned(USUAL_PACKET_TYPE, 1, 'packetType')
    .unsigned(avlPacketId, 1, 'avlPacketId')
    .unsigned(accepted, 1, 'accepted')
    .finish();
}

export interface UdpReply {
  readonly packetId: number;
  readonly avlPacketId: number;
  readonly accepted: number;
}

/** Reads what encodeUdpReply writes. Throws ProtocolError. */
export function decodeUdpReply(datagram: Buffer): UdpReply {
  const reader = new ByteReader(datagram);
  const length = reader.uint16();
  if (length !== REPLY_LENGTH || reader.remaining !== length) {
    throw new ProtocolError(
      'BAD_LENGTH',
      `expected a reply of ${REPLY_LENGTH} bytes, got length ${length} and ${reader.remaining} bytes`,
      0,
    );
  }
  const packetId = reader.uint16();
  reader.uint8();
  return { packetId, avlPacketId: reader.uint8(), accepted: reader.uint8() };
}

/** One channel packet. A datagram may contain several. */
export function encodeUdpPacket(packet: Omit<UdpChannelPacket, 'packetType'> & { readonly packetType?: number }): Buffer {
  requireImei(packet.imei);
  const length = HEADER_BYTES + packet.data.length;
  return new ByteWriter(LENGTH_BYTES + length)
    .unsigned(length, LENGTH_BYTES, 'length')
    .unsigned(packet.packetId, 2, 'packetId')
    .unsigned(packet.packetType ?? USUAL_PACKET_TYPE, 1, 'packetType')
    .unsigned(packet.avlPacketId, 1, 'avlPacketId')
    .unsigned(IMEI_DIGITS, 2, 'IMEI length')
    .copy(Buffer.from(packet.imei, 'latin1'))
    .copy(packet.data)
    .finish();
}

function readPacket(datagram: Buffer, reader: ByteReader): UdpChannelPacket {
  const lengthOffset = reader.offset;
  const length = reader.uint16();
  if (length < HEADER_BYTES + MIN_DATA_BYTES) {
    const min = HEADER_BYTES + MIN_DATA_BYTES;
    throw new ProtocolError('BAD_LENGTH', `expected a packet of at least ${min} bytes, got ${length}`, lengthOffset);
  }
  const start = reader.claim(length);
  const packet = new ByteReader(datagram, start, start + length);
  const packetId = packet.uint16();
  const packetType = packet.uint8();
  const avlPacketId = packet.uint8();
  const imei = readImei(packet);
  return { packetId, packetType, avlPacketId, imei, data: packet.slice(packet.remaining) };
}

function readImei(packet: ByteReader): string {
  const offset = packet.offset;
  const length = packet.uint16();
  if (length !== IMEI_DIGITS) {
    throw new ProtocolError('BAD_IMEI', `expected an IMEI of ${IMEI_DIGITS} digits, got length ${length}`, offset);
  }
  const imei = packet.slice(length).toString('latin1');
  if (!isImei(imei)) {
    throw new ProtocolError('BAD_IMEI', 'expected an IMEI of digits only', offset + 2);
  }
  return imei;
}
