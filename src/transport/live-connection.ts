/** A logged-in connection, as the rest of the gateway may know it. */
export interface LiveConnection {
  /** Unique among all connections of all instances. */
  readonly id: string;
  readonly imei: string | null;
  /** Of the device's session: greater than that of every earlier login of the device, on any instance. */
  readonly epoch: number;
  readonly connectedAt: Date;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** Records acknowledged on this connection. */
  readonly records: number;
  /** When the last frame arrived, null before the first one. */
  readonly lastFrameAt: Date | null;
  /**
   * Resolves with true when a frame may be written: between two frames of the device, after the acknowledgement of the last one, and
   * on a new connection after its first acknowledgement or half a second without a frame. With false when it closed.
   */
  sendable(): Promise<boolean>;
  /**
   * Writes a whole frame as soon as one may be written. Resolves with whether any byte was written: false says that the connection
   * closed, or that `withinMs` passed first, and that the device has surely not seen the frame.
   */
  send(frame: Buffer, withinMs: number): Promise<boolean>;
  /** Closes it: a newer login of the same IMEI took its place, this instance may not act for the device any more, or the device may not talk. */
  end(reason: 'replaced' | 'fenced' | 'not-admitted'): void;
}
