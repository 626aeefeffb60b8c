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
  /** Closes it, because a newer login of the same IMEI took its place. */
  replace(): void;
}
