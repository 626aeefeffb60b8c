/** Stable words for everything that can be wrong with bytes from a device. Tests and counters match these, never the text. */
export type ProtocolErrorCode =
  /** The login is not a length and that many digits of an IMEI. */
  | 'BAD_LOGIN'
  /** More bytes than a device may send before it is let in. */
  | 'LOGIN_TOO_LARGE'
  /** Between two frames stands something that is neither a preamble of zeros nor a ping. */
  | 'BAD_PREAMBLE'
  /** The data field length is too small to be a frame, or larger than the limit. */
  | 'BAD_LENGTH'
  | 'BAD_CRC'
  /** Number of data 1 and number of data 2 differ. */
  | 'COUNT_MISMATCH'
  | 'UNSUPPORTED_CODEC'
  /** A message codec (12 to 15) with a type that codec does not have. */
  | 'UNSUPPORTED_MESSAGE_TYPE'
  /** A field runs past the end of the bytes it stands in. */
  | 'TRUNCATED'
  /** The content ended before the bytes did. */
  | 'TRAILING_BYTES'
  /** What a balancer sends ahead of the device's bytes is no header of the PROXY protocol. */
  | 'BAD_PROXY_HEADER'
  /** An IMEI that is not 15 digits. */
  | 'BAD_IMEI';

/** Bytes that do not follow the wire format. Never a bug in our code: the peer that sent them is to blame. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';

  /** @param offset where in the bytes that were being read, counted from their start. */
  constructor(
    readonly code: ProtocolErrorCode,
    message: string,
    readonly offset: number,
  ) {
    super(message);
  }
}
