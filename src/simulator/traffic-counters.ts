import { LatencyHistogram } from './latency-histogram.js';

/** Counters of a whole fleet, or of a device that is used alone. */
export class TrafficCounters {
  /** Devices that are logged in now. */
  connected = 0;
  logins = 0;
  refusedLogins = 0;
  /** Attempts to connect after the first one of a device. */
  reconnects = 0;
  /** Connections that failed to open or broke, by error code. */
  readonly connectionErrors = new Map<string, number>();

  recordsCreated = 0;
  recordsAcknowledged = 0;
  /** Records dropped because the buffer was full, or erased by a deleterecords command. */
  recordsDropped = 0;

  framesSent = 0;
  framesAcknowledged = 0;
  bytesSent = 0;
  /** Frames sent again because they were not acknowledged with the right count. */
  resends = 0;
  wrongCounts = 0;
  missingAcknowledgements = 0;
  /** Acknowledgements without a frame in flight. */
  unexpectedAcknowledgements = 0;
  /** Frames with a wrong CRC that were acknowledged nevertheless. */
  badCrcAcknowledged = 0;
  /** Messages of the server that are not valid. */
  badMessages = 0;

  commandsExecuted = 0;
  commandsAnswered = 0;
  /** Codec 14 commands for another IMEI. */
  commandsRefused = 0;
  /** Received, but not executed because the connection was lost before. */
  commandsDiscarded = 0;
  readonly executedByText = new Map<string, number>();

  /** By name of the fault. */
  readonly faults = new Map<string, number>();
  /** Milliseconds from the last byte of a frame to its acknowledgement. */
  readonly acknowledgementMs = new LatencyHistogram();
}

export function countOne<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
