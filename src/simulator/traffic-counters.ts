import { type FaultName } from './fault-name.js';
import { LatencyHistogram } from './latency-histogram.js';

/** What happened so far, counted where it happens. One object for a whole fleet, or one for a device alone. */
export class TrafficCounters {
  /** Devices that are logged in now. */
  connected = 0;
  logins = 0;
  refusedLogins = 0;
  /** Attempts to connect after a device's first. */
  reconnects = 0;
  /** Connections that could not be opened or broke, by error code. */
  readonly connectionErrors = new Map<string, number>();

  recordsCreated = 0;
  recordsAcknowledged = 0;
  /** Oldest records given up because the buffer was full, and those a deleterecords command erased. */
  recordsDropped = 0;

  framesSent = 0;
  framesAcknowledged = 0;
  bytesSent = 0;
  /** Frames sent again because no right acknowledgement had come. */
  resends = 0;
  wrongCounts = 0;
  missingAcknowledgements = 0;
  /** Four bytes that no frame was waiting for. */
  strayAcknowledgements = 0;
  /** Frames with a wrong CRC that were acknowledged all the same. */
  badCrcAcknowledged = 0;
  /** Messages from the server that could not be read. */
  badMessages = 0;

  commandsExecuted = 0;
  commandsAnswered = 0;
  /** Codec 14 commands for another IMEI. */
  commandsRefused = 0;
  /** Received, but the connection went before their turn came: not executed. */
  commandsDiscarded = 0;
  readonly executedByText = new Map<string, number>();

  readonly faults = new Map<FaultName, number>();
  /** From the last byte written to the acknowledgement, in milliseconds. */
  readonly acknowledgementMs = new LatencyHistogram();
}

export function countOne<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
