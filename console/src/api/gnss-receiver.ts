/** Raw values by column name, as records and telemetry events have them. */
type Attributes = Readonly<Record<string, unknown>>;

/** AVL id 69: off, asleep, off because of static navigation. With 1 and 2 the receiver is on. */
const OFF_STATUSES: readonly unknown[] = [0, 3, 4];

/**
 * Whether the GNSS receiver was off, as it is in a vehicle that has been parked for some minutes: by AVL id 69 or by the sleep mode (200). A record
 * without satellites is as it should be then, and its coordinates are the last known ones.
 */
export function isReceiverOff(attributes: Attributes | null | undefined): boolean {
  return OFF_STATUSES.includes(attributes?.gnss_status) || Number(attributes?.sleep_mode ?? 0) > 0;
}
