/** What happened to one device, as its log tells it. Newest first. */
export interface LogEntry {
  readonly at: Date;
  readonly kind: 'login' | 'refused' | 'closed' | 'rejected_frames' | 'resent_records';
  readonly detail: Readonly<{ address?: string; reason?: string; cause?: string; count?: number }>;
}

/** What its last records say. */
export interface RecordFindings {
  readonly looked: number;
  /** Received minus device time, in seconds, of the record for which it is least: a late record was kept, an early one has a wrong clock. */
  readonly leastClockOffsetSeconds: number | null;
  /** Without satellites, which the GNSS receiver (AVL id 69) or the sleep mode (200) explains: it was off. */
  readonly gnssOff: number;
  /** Without satellites although the receiver was on, as far as the record says. */
  readonly withoutFix: number;
  /** Of those, the ones at 0/0: without a fix since the device was started. */
  readonly atZero: number;
  readonly lastReceivedAt: Date | null;
}

export interface CommandFindings {
  readonly unconfirmed: number;
  readonly completed: number;
  /** Attempts whose time was over without an answer. */
  readonly unansweredAttempts: number;
}

export interface AdmissionFindings {
  readonly status: 'registered' | 'banned' | null;
  readonly allowedRanges: string[];
  /** Logins refused because it is not registered. */
  readonly unknownAttempts: number;
  readonly lastUnknownAt: Date | null;
}

/** All that is known of what may be wrong with a device. */
export interface Findings {
  readonly connectedSince: Date | null;
  readonly log: LogEntry[];
  readonly records: RecordFindings;
  readonly commands: CommandFindings;
  readonly admission: AdmissionFindings;
}
