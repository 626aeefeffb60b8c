/** A column of the order in which the rows of one device are read and deleted, with its type. */
export type KeyColumn = readonly [column: string, type: 'bigint' | 'integer' | 'text' | 'timestamptz'];

/**
 * Where the gateway keeps something about a device. All texts are parts of SQL statements: constants of the code, never input. `row` is the alias
 * of the table.
 */
export interface DeviceTable {
  /** In the export and in the receipt. */
  readonly kind: string;
  readonly table: string;
  /** The table in a join with the one that has the IMEI, for a table that has none. */
  readonly join?: string;
  readonly imei: string;
  /** Unique among the rows of one device, in the order of an index. */
  readonly key: readonly KeyColumn[];
  /**
   * Which rows are erased; `$2` is the time at which the erasure began. Without it the rows are kept, or are erased with those of another table
   * (`withErased`).
   */
  readonly erased?: string;
  /** Statements with `$1` as the IMEI that lock rows before the deletion, in the order in which others lock them. */
  readonly locks?: readonly string[];
  /** CTEs that delete what belongs to the rows of the CTE `erased`. */
  readonly withErased?: string;
}

/** The rows of each command or event are looked up by their key. Without statistics, a join of the tables is planned as a reading of all of `table`. */
const joined = (owner: string, column: string, table: string): string =>
  `${owner} owner cross join lateral (select * from ${table} owned where owned.${column} = owner.${column} offset 0) row`;
const ofCommands = (table: string): string => joined('tbl_iot_command_logs', 'command_log_id', table);
const ofEvents = (table: string): string => joined('tbl_iot_events', 'event_id', table);

/**
 * Everything that is stored about a device, in the order of the export. A test compares it with the schema: a new table with an IMEI must be added.
 *
 * Kept by an erasure: the audit; what admits the device (its registration, its ban, its entry as an unregistered device); its session; the number of its last
 * event, since an event number is never used twice; the days for which partitions are searched, since instances remember them. A pending command is
 * kept too: its bytes may be on the way to the device.
 *
 * tbl_iot_telemetry_arrivals is not listed. Its rows report records of many devices, and the relay deletes them within TELEMETRY_EVENT_INTERVAL. Nor is
 * tbl_iot_record_arrivals, with the device times of records of many devices, which are deleted within SINK_RECORDS_RETENTION_HOURS.
 */
export const DEVICE_TABLES: readonly DeviceTable[] = [
  { kind: 'registration', table: 'tbl_iot_devices', imei: 'row.imei', key: [['row.imei', 'text']] },
  { kind: 'unregisteredDevice', table: 'tbl_iot_unregistered_devices', imei: 'row.imei', key: [['row.imei', 'text']] },
  {
    kind: 'refusedDevice',
    table: 'tbl_iot_unknown_devices',
    imei: 'row.imei',
    key: [['row.imei', 'text']],
    erased: 'row.last_seen <= $2',
  },
  { kind: 'session', table: 'tbl_iot_device_sessions', imei: 'row.imei', key: [['row.imei', 'text']] },
  {
    kind: 'record',
    table: 'tbl_iot_telemetry_data',
    imei: 'row.iot_imei',
    key: [
      ['row.iot_timestamp', 'timestamptz'],
      ['row.record_hash', 'bigint'],
    ],
    erased: 'row.timestamp <= $2',
  },
  { kind: 'daysWithRecords', table: 'tbl_iot_telemetry_device_days', imei: 'row.iot_imei', key: [['row.iot_imei', 'text']] },
  {
    kind: 'quarantinedFrame',
    table: 'tbl_iot_telemetry_quarantine',
    imei: 'row.iot_imei',
    key: [['row.quarantine_id', 'bigint']],
    erased: 'row.last_received_at <= $2',
  },
  {
    kind: 'command',
    table: 'tbl_iot_command_logs',
    imei: 'row.imei',
    key: [
      ['row.created_at', 'timestamptz'],
      ['row.command_log_id', 'bigint'],
    ],
    erased: `row.created_at <= $2 and row.status <> 'PENDING'`,
    withErased:
      'attempts as (delete from tbl_iot_command_attempts attempt using erased where attempt.command_log_id = erased.command_log_id)',
  },
  {
    kind: 'commandAttempt',
    table: 'tbl_iot_command_attempts',
    join: ofCommands('tbl_iot_command_attempts'),
    imei: 'owner.imei',
    key: [
      ['row.command_log_id', 'bigint'],
      ['row.attempt', 'integer'],
    ],
  },
  {
    kind: 'deviceMessage',
    table: 'tbl_iot_device_messages',
    imei: 'row.imei',
    key: [['row.message_id', 'bigint']],
    erased: 'row.received_at <= $2',
  },
  {
    kind: 'event',
    table: 'tbl_iot_events',
    imei: 'row.imei',
    key: [['row.sequence', 'bigint']],
    erased: 'row.occurred_at <= $2',
    // The relay locks the sequence before an event that grows; settling locks the delivery before its event.
    locks: [
      'select from tbl_iot_event_sequences where imei = $1 for update',
      'select from tbl_iot_deliveries where imei = $1 order by sequence for update',
    ],
    withErased: `
      deliveries as (
        delete from tbl_iot_deliveries delivery using erased where delivery.imei = erased.imei and delivery.sequence = erased.sequence
      ),
      attempts as (delete from tbl_iot_delivery_attempts attempt using erased where attempt.event_id = erased.event_id),
      records as (delete from tbl_iot_event_records record using erased where record.event_id = erased.event_id)`,
  },
  {
    kind: 'eventRecord',
    table: 'tbl_iot_event_records',
    join: ofEvents('tbl_iot_event_records'),
    imei: 'owner.imei',
    key: [
      ['owner.sequence', 'bigint'],
      ['row.iot_timestamp', 'timestamptz'],
      ['row.record_hash', 'bigint'],
    ],
  },
  { kind: 'eventSequence', table: 'tbl_iot_event_sequences', imei: 'row.imei', key: [['row.imei', 'text']] },
  { kind: 'delivery', table: 'tbl_iot_deliveries', imei: 'row.imei', key: [['row.sequence', 'bigint']] },
  {
    kind: 'deliveryAttempt',
    table: 'tbl_iot_delivery_attempts',
    join: ofEvents('tbl_iot_delivery_attempts'),
    imei: 'owner.imei',
    key: [
      ['owner.sequence', 'bigint'],
      ['row.attempt', 'integer'],
    ],
  },
  {
    // Without rows that have no IMEI: reports of several devices that could not be read.
    kind: 'setAsideReport',
    table: 'tbl_iot_set_aside_arrivals',
    imei: 'row.imei',
    key: [['row.set_aside_id', 'bigint']],
    erased: 'row.set_aside_at <= $2',
  },
  {
    kind: 'logEntry',
    table: 'tbl_iot_device_log',
    imei: 'row.imei',
    key: [['row.log_id', 'bigint']],
    erased: 'row.at <= $2',
  },
  {
    kind: 'auditEntry',
    table: 'tbl_iot_audit',
    imei: 'row.imei',
    key: [
      ['row.at', 'timestamptz'],
      ['row.audit_id', 'bigint'],
    ],
  },
  {
    // Last: the instance that has received a record writes this row within seconds, from the records that it finds.
    kind: 'latestRecord',
    table: 'tbl_iot_telemetry_latest',
    imei: 'row.iot_imei',
    key: [['row.iot_imei', 'text']],
    erased: 'row.timestamp <= $2',
  },
];
