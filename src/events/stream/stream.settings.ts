import { IntegerVariable } from '../../platform/config/variables.js';

/** Live streams of events. */
export class StreamSettings {
  /** Streams that may be open at this instance. 0: none. */
  @IntegerVariable(0, 100_000)
  readonly STREAM_MAX_CONNECTIONS: number = 1_000;

  /** How many of them one key may have. */
  @IntegerVariable(1, 100_000)
  readonly STREAM_MAX_CONNECTIONS_PER_KEY: number = 100;

  /** Bytes that may wait for a client that reads too slowly; beyond them its stream ends with `event: overflow`. */
  @IntegerVariable(65_536, 268_435_456)
  readonly STREAM_BUFFER_BYTES: number = 1_048_576;
}
