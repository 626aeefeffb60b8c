import { decodeRecords } from '../../protocol/avl-decoder.js';
import { type AvlRecord } from '../../protocol/avl-record.js';
import { CODEC_16, CODEC_8, CODEC_8_EXTENDED, isRecordCodec } from '../../protocol/codec-ids.js';
import { FrameSplitter } from '../../protocol/frame-splitter.js';
import { ProtocolError } from '../../protocol/protocol-error.js';

const RECORD_CODECS = [CODEC_8_EXTENDED, CODEC_8, CODEC_16] as const;

/** The records in quarantined bytes, decoded as a frame from a device would be now. Throws ProtocolError. */
export function decodeQuarantined(scope: 'frame' | 'record', raw: Buffer): AvlRecord[] {
  return scope === 'frame' ? decodeFrame(raw) : decodeRecord(raw);
}

function decodeFrame(raw: Buffer): AvlRecord[] {
  const splitter = new FrameSplitter(raw.length);
  splitter.push(raw);
  const frame = splitter.next();
  if (!frame) {
    throw new ProtocolError('TRUNCATED', `${raw.length} bytes are not a whole frame`, raw.length);
  }
  if (!isRecordCodec(frame.codec)) {
    throw new ProtocolError(
      'UNSUPPORTED_CODEC',
      `a frame of codec 0x${frame.codec.toString(16).padStart(2, '0')} holds no records`,
      0,
    );
  }
  return decodeRecords(frame.data);
}

/** Of a single record the codec is not kept. Their layouts differ in the widths of ids, so its bytes fit one of them. */
function decodeRecord(raw: Buffer): AvlRecord[] {
  const readings = RECORD_CODECS.flatMap((codec) => {
    try {
      return [decodeRecords(Buffer.from([codec, 1, ...raw, 1]))];
    } catch (error) {
      if (error instanceof ProtocolError) {
        return [];
      }
      throw error;
    }
  });
  const [reading] = readings;
  if (!reading || readings.length > 1) {
    throw new ProtocolError('UNSUPPORTED_CODEC', `the bytes of the record fit ${readings.length} codecs`, 0);
  }
  return reading;
}
