/** One event or record, as every engine receives it. */
export interface SinkMessage {
  /** The same whenever the message is published: consumers recognise a repeated one by it. */
  readonly id: string;
  readonly imei: string;
  /** An event type. */
  readonly type: string;
  /** JSON. */
  readonly payload: Buffer;
}

/** A connection to an engine. After a failure it is closed and not used again. */
export interface SinkConnection {
  /** False when the connection was lost. */
  readonly isOpen: boolean;
  /** Messages that the engine has acknowledged so far: while it grows, the engine is slow and not away. */
  readonly acknowledged: number;
  /** Begins to send. The messages of a device keep their order, also when one of them fails: none behind it is sent then. */
  publish(batch: readonly SinkMessage[]): void;
  /** Fulfilled when the engine has acknowledged everything that was published. Rejects when it has refused something, or the connection is lost. */
  flush(): Promise<void>;
  /** Ends the connection at once. Never rejects. */
  close(): Promise<void>;
}

/** Connects to an engine. It makes one attempt: the runner repeats it. */
export interface SinkEngine {
  connect(): Promise<SinkConnection>;
}
