import { encodeRecords, type RecordToEncode } from '../src/protocol/avl-encoder.js';
import type { IoElement } from '../src/protocol/avl-record.js';
import { CODEC_8_EXTENDED } from '../src/protocol/codec-ids.js';

/** What a TFT100 sends while riding, by width; 24 elements in all. */
const ONE_BYTE_IDS = [239, 240, 21, 200, 69, 1, 2, 113, 179, 180];
const TWO_BYTE_IDS = [181, 182, 66, 24, 205, 206, 67, 68];
const FOUR_BYTE_IDS = [241, 199, 16];
const EIGHT_BYTE_IDS = [11, 14];
const ISO_6709_ID = 387;

/** One codec 8 Extended frame; records of different serials differ in place, time and values, not in length. */
export function buildFrame(firstSerial: number, recordCount: number): Buffer {
  const records = Array.from({ length: recordCount }, (_, index) => buildRecord(firstSerial + index));
  return encodeRecords(CODEC_8_EXTENDED, records);
}

function buildRecord(serial: number): RecordToEncode {
  return {
    timestampMs: 1_560_161_086_000 + serial * 1000,
    // A real device sends its periodic records with low priority. Urgent ones are reported outside the interval.
    priority: 0,
    longitude: 252_618_832 + serial * 137,
    latitude: 546_990_336 - serial * 91,
    altitude: 148 - (serial % 200),
    angle: (serial * 7) % 360,
    satellites: 6 + (serial % 12),
    speed: serial % 46,
    eventIoId: serial % 10 === 0 ? 239 : 0,
    generationType: null,
    io: [
      ...ONE_BYTE_IDS.map((id) => ({ id, width: 1, value: (id + serial) % 0x100 })),
      ...TWO_BYTE_IDS.map((id) => ({ id, width: 2, value: (id * 97 + serial) % 0x1_0000 })),
      ...FOUR_BYTE_IDS.map((id) => ({ id, width: 4, value: (id * 65_537 + serial) % 0x1_0000_0000 })),
      ...EIGHT_BYTE_IDS.map((id) => ({ id, width: 8, value: 893_700_218n + BigInt(serial) })),
      isoCoordinates(),
    ],
  };
}

function isoCoordinates(): IoElement {
  const value = Buffer.from('+547010.2667+0252596.7000+000.136/', 'latin1');
  return { id: ISO_6709_ID, width: value.length, value };
}
