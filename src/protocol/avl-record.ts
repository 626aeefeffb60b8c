/** One IO element of a record: an AVL id and its value, with the width that the device has sent (Teltonika wiki, Codec, "IO element"). */
export interface IoElement {
  readonly id: number;
  /** Number of bytes sent: 1, 2, 4, 8 or 16. For a variable-length (NX) element its length. */
  readonly width: number;
  /** Unsigned. A bigint for 8-byte elements. For 16-byte and variable-length elements a Buffer, which is a view of the frame: copy it to keep it. */
  readonly value: number | bigint | Buffer;
}

/** One AVL record: position and time of a device, and what it measured. */
export interface AvlRecord {
  /** Unix milliseconds by the device's clock. Exact up to 2^53; above it the first 8 of `bytes` are exact. */
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
  /** 0 for a periodic record, else the AVL id whose change triggered the record. */
  readonly eventIoId: number;
  /** Codec 16 only, otherwise null. */
  readonly generationType: number | null;
  readonly io: readonly IoElement[];
  /** The bytes of the record, timestamp to last IO element: a view of the frame, so copy them to keep them. */
  readonly bytes: Buffer;
}
