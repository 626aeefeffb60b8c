/** A logged-in connection, as the rest of the gateway sees it. */
export interface LiveConnection {
  /** Unique among all connections of all instances. */
  readonly id: string;
  readonly imei: string | null;
  /** The epoch of the device's session: greater than that of every earlier login of the device, on any instance. */
  readonly epoch: number;
  readonly connectedAt: Date;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** Number of records acknowledged on this connection. */
  readonly records: number;
  /** When the last frame arrived. Null before the first one. */
  readonly lastFrameAt: Date | null;
  /** Whether a frame that is sent now is written at once. */
  readonly isSendable: boolean;
  /**
   * Resolves with true when a frame may be written: between two frames of the device, and on a new connection after its first
   * acknowledgement or half a second without a frame. Resolves with false when the connection closes.
   */
  sendable(): Promise<boolean>;
  /**
   * Writes a frame as soon as one may be written. Resolves with whether it was written. False means that the connection closed or that
   * `withinMs` passed first, or that `mayWrite` returned false, and that the device has not received any byte of the frame.
   * @param mayWrite called immediately before the frame is written. It must not throw.
   */
  send(frame: Buffer, withinMs: number, mayWrite?: () => boolean): Promise<boolean>;
  /** Closes the connection: a newer login of the same IMEI has replaced it, this instance is fenced, or the device is not admitted any more. */
  end(reason: 'replaced' | 'fenced' | 'not-admitted'): void;
}
