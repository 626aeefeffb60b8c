/** A message as a consumer finds it at the engine. */
export interface Received {
  /** What the consumer recognises a repeated message by. */
  readonly id: string;
  readonly topic: string;
  readonly payload: string;
}

/** Reads what an engine holds, beside the gateway. */
export interface EngineReader {
  /** Everything published so far, the messages of one device in the order in which consumers get them. */
  read(): Promise<readonly Received[]>;
  close(): Promise<void>;
}
