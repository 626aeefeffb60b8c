import { type DeviceLogKind } from './device-log-entry.entity.js';

/** An entry of a device's log. */
export interface LogEntry {
  readonly at: Date;
  readonly kind: DeviceLogKind;
  readonly detail: Readonly<{ address?: string; reason?: string; cause?: string; count?: number }>;
}

/** Statistics of its last records. */
export interface RecordFindings {
  readonly looked: number;
  /** Received minus device time, in seconds, of the record for which it is least: a late record was kept, an early one has a wrong clock. */
  readonly leastClockOffsetSeconds: number | null;
  /** Without satellites, which the GNSS receiver (AVL id 69) or the sleep mode (200) explains: it was off. */
  readonly gnssOff: number;
  /** Without satellites although the receiver was on according to the record. */
  readonly withoutFix: number;
  /** Of those, the ones at 0/0: without a fix since the device was started. */
  readonly atZero: number;
  readonly lastReceivedAt: Date | null;
}

export interface CommandFindings {
  readonly unconfirmed: number;
  readonly completed: number;
  /** Attempts that timed out without an answer. */
  readonly unansweredAttempts: number;
}

export interface AdmissionFindings {
  readonly status: 'registered' | 'banned' | null;
  readonly allowedRanges: string[];
  /** Logins refused because it is not registered. */
  readonly unknownAttempts: number;
  readonly lastUnknownAt: Date | null;
}

/** All findings about a device. */
export interface Findings {
  readonly connectedSince: Date | null;
  readonly log: LogEntry[];
  readonly records: RecordFindings;
  readonly commands: CommandFindings;
  readonly admission: AdmissionFindings;
}
