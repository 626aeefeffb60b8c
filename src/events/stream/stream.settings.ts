import { IntegerVariable } from '../../platform/config/variables.js';

/** Live streams of events. */
export class StreamSettings {
  /** Event streams that may be open at one instance; a further one is answered 429; 0: none. */
  @IntegerVariable(0, 100_000)
  readonly STREAM_MAX_CONNECTIONS: number = 1_000;

  /** The same per API key. */
  @IntegerVariable(1, 100_000)
  readonly STREAM_MAX_CONNECTIONS_PER_KEY: number = 100;

  /** Bytes that may wait for a client that reads its stream too slowly; beyond them the stream ends with `event: overflow`. */
  @IntegerVariable(65_536, 268_435_456)
  readonly STREAM_BUFFER_BYTES: number = 1_048_576;
}
