import { CODEC_16, CODEC_8, CODEC_8_EXTENDED, type RecordCodec } from './codec-ids.js';

/** How the IO part of a record differs between codecs (Teltonika wiki, Codec, "IO element"). The 24 bytes before it are the same. */
export interface RecordLayout {
  /** Width of an AVL id, also of the event id. */
  readonly idBytes: 1 | 2;
  /** Width of N total and of each group's count. */
  readonly countBytes: 1 | 2;
  /** A byte behind the event id that says what triggered the record. */
  readonly hasGenerationType: boolean;
  /** The NX group, whose elements have a length field. */
  readonly hasVariableGroup: boolean;
  /** A group of 16-byte elements behind the 8-byte one. */
  readonly hasGroupOf16: boolean;
}

export const RECORD_LAYOUTS: Readonly<Record<RecordCodec, RecordLayout>> = {
  [CODEC_8]: { idBytes: 1, countBytes: 1, hasGenerationType: false, hasVariableGroup: false, hasGroupOf16: false },
  [CODEC_8_EXTENDED]: { idBytes: 2, countBytes: 2, hasGenerationType: false, hasVariableGroup: true, hasGroupOf16: false },
  [CODEC_16]: { idBytes: 2, countBytes: 1, hasGenerationType: true, hasVariableGroup: false, hasGroupOf16: false },
};

/**
 * Codec 8 as some old devices send it, with an undocumented group. Used only for a frame that cannot be read with the documented layout.
 */
export const CODEC_8_LAYOUT_WITH_GROUP_OF_16: RecordLayout = { ...RECORD_LAYOUTS[CODEC_8], hasGroupOf16: true };

/** Timestamp, priority, longitude, latitude, altitude, angle, satellites, speed. */
export const RECORD_FIXED_BYTES = 24;

/** Number of data 1 and 2 are one byte each. */
export const MAX_RECORDS = 255;
