/** A logged-in connection, as the rest of the gateway may know it. */
export interface LiveConnection {
  /** Unique among all connections of all instances. */
  readonly id: string;
  readonly imei: string | null;
  readonly connectedAt: Date;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** Records acknowledged on this connection. */
  readonly records: number;
  /** When the last frame arrived, null before the first one. */
  readonly lastFrameAt: Date | null;
  /**
   * Writes a whole frame to the device, between two of its frames and after the acknowledgement of the last one; a connection that
   * is new waits for its first acknowledgement, or half a second without a frame. Resolves with whether any byte was written:
   * false says that the connection closed before, and the device has surely not seen it.
   */
  send(frame: Buffer): Promise<boolean>;
  /** Closes it, because a newer login of the same IMEI took its place. */
  replace(): void;
}
