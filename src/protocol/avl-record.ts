/** One attribute of a record: an AVL id and its value, as wide as the device sent it (protocol: 3.2 IO part). */
export interface IoElement {
  readonly id: number;
  /** Bytes on the wire: 1, 2, 4, 8 or 16; for a variable-length (NX) element its length. */
  readonly width: number;
  /** Unsigned. A bigint for 8-byte elements; for 16-byte and variable-length ones a Buffer, a view into the frame, not to be kept. */
  readonly value: number | bigint | Buffer;
}

/** One AVL entry: where and when a device was, and what it measured. */
export interface AvlRecord {
  /** Unix milliseconds UTC by the device's clock. Exact up to 2^53; above that use the first 8 of `bytes`. */
  readonly timestampMs: number;
  /** 0 low, 1 high, 2 panic. */
  readonly priority: number;
  /** Degrees times 10,000,000, signed. */
  readonly longitude: number;
  /** Degrees times 10,000,000, signed. */
  readonly latitude: number;
  /** Metres, signed. */
  readonly altitude: number;
  /** Degrees clockwise from north. */
  readonly angle: number;
  /** 0 means no fix. */
  readonly satellites: number;
  /** km/h. */
  readonly speed: number;
  /** 0 for a periodic record, else the AVL id whose change made the device write it. */
  readonly eventIoId: number;
  /** Codec 16 only, else null. */
  readonly generationType: number | null;
  readonly io: readonly IoElement[];
  /** The record's own bytes, timestamp to last IO element: a view into the frame, not to be kept. */
  readonly bytes: Buffer;
}
