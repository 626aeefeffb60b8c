/** Stable codes of everything that can be wrong with the bytes of a device. Tests and counters match the code, never the text. */
export type ProtocolErrorCode =
  /** The login is not a length followed by the digits of an IMEI. */
  | 'BAD_LOGIN'
  /** More bytes than a connection may send before its login is decided. */
  | 'LOGIN_TOO_LARGE'
  /** Between two frames is a byte that is neither of a preamble nor a keep-alive byte. */
  | 'BAD_PREAMBLE'
  /** The length of the data field is too small for a frame, or larger than the limit. */
  | 'BAD_LENGTH'
  | 'BAD_CRC'
  /** Number of data 1 and number of data 2 differ. */
  | 'COUNT_MISMATCH'
  | 'UNSUPPORTED_CODEC'
  /** A message (codec 12 to 15) of a type that its codec does not have. */
  | 'UNSUPPORTED_MESSAGE_TYPE'
  /** A field ends behind the end of the bytes. */
  | 'TRUNCATED'
  /** There are bytes behind the end of the content. */
  | 'TRAILING_BYTES'
  /** A connection of a balancer does not begin with a valid header of the PROXY protocol. */
  | 'BAD_PROXY_HEADER'
  /** An IMEI that is not 15 digits. */
  | 'BAD_IMEI';

/** Bytes that do not follow the protocol. Never a bug of the gateway: the fault is the sender's. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';

  /** @param offset of the error, counted from the start of the bytes that were read. */
  constructor(
    readonly code: ProtocolErrorCode,
    message: string,
    readonly offset: number,
  ) {
    super(message);
  }
}
