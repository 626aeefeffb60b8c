/** How many entries of each kind were deleted. */
export class ErasedCountsDto {
  /** Telemetry records. */
  readonly record!: number;
  readonly latestRecord!: number;
  readonly quarantinedFrame!: number;
  /** With their attempts. */
  readonly command!: number;
  readonly deviceMessage!: number;
  /** With their deliveries and attempts. The host does not receive those that had not been delivered. */
  readonly event!: number;
  /** Reports of records that the database has refused. */
  readonly setAsideReport!: number;
  readonly logEntry!: number;
  readonly refusedDevice!: number;
}

/** What was left, and is not counted as erased. */
export class NotErasedDto {
  /** Their bytes may be on the way to the device. Cancel them or wait for their end, then erase again. */
  readonly pendingCommands!: number;
  /** Stored records of the device wait for their event, which is made within TELEMETRY_EVENT_INTERVAL. Erase again after that. */
  readonly unreportedRecords!: boolean;
}

export class ErasureReceiptDto {
  /** @example '350612345678901' */
  readonly imei!: string;
  /** What was stored until then was erased. What the device sends later is stored as usual. */
  readonly startedAt!: Date;
  readonly completedAt!: Date;
  /** Nothing is left that an erasure deletes: `notErased` is empty. */
  readonly isComplete!: boolean;
  readonly erased!: ErasedCountsDto;
  readonly notErased!: NotErasedDto;
  /**
   * Kinds of which entries were kept: they admit or identify the device, or prove what was done.
   * @example ['registration', 'eventSequence', 'daysWithRecords', 'auditEntry']
   */
  readonly kept!: string[];
}

export class ErasureDto {
  readonly success!: true;
  readonly receipt!: ErasureReceiptDto;
}
