/** PostgreSQL types of attribute columns. Each is wide enough for the element's documented width, unsigned. */
export type ColumnType = 'smallint' | 'integer' | 'bigint' | 'numeric' | 'text';

export interface AttributeColumn {
  readonly avlId: number;
  readonly name: string;
  readonly type: ColumnType;
}

const column = (avlId: number, name: string, type: ColumnType): AttributeColumn => ({ avlId, name, type });

/**
 * Maps each AVL id to its column of `tbl_iot_telemetry_data`, in the order of the columns.
 * Values are raw. What has no column here, or does not fit its column, goes to `io`. The names of the first
 * block are the contract with host applications; columns may be added (by a migration), never renamed.
 */
export const ATTRIBUTE_COLUMNS: readonly AttributeColumn[] = [
  column(67, 'internal_battery_voltage', 'integer'),
  column(68, 'internal_battery_current', 'integer'),
  column(113, 'internal_battery_percent', 'smallint'),
  column(66, 'external_voltage', 'integer'),
  column(800, 'external_extended_voltage', 'bigint'),
  column(21, 'gsm_signal', 'smallint'),
  column(205, 'gsm_cell_id', 'integer'),
  column(206, 'gsm_area_code', 'integer'),
  column(11, 'iccid1', 'numeric'),
  column(14, 'iccid2', 'numeric'),
  column(387, 'iso6709_coordinates', 'text'),
  column(199, 'trip_odometer', 'bigint'),
  column(16, 'total_odometer', 'bigint'),
  column(240, 'movement', 'smallint'),
  column(200, 'sleep_mode', 'smallint'),
  column(9, 'analog_input_1', 'integer'),
  column(6, 'analog_input_2', 'integer'),
  column(839, 'extended_analog_input_1', 'bigint'),
  column(840, 'extended_analog_input_2', 'bigint'),
  column(17, 'x_axis', 'smallint'),
  column(18, 'y_axis', 'smallint'),
  column(19, 'z_axis', 'smallint'),
  column(1, 'digital_input_1', 'smallint'),
  column(2, 'digital_input_2', 'smallint'),
  column(3, 'digital_input_3', 'smallint'),
  column(262, 'digital_input_4', 'smallint'),
  column(179, 'digital_output_1', 'smallint'),
  column(180, 'digital_output_2', 'smallint'),
  column(841, 'dout1_overcurrent', 'smallint'),
  column(842, 'dout2_overcurrent', 'smallint'),
  column(303, 'instant_movement', 'smallint'),

  // The default configuration of a TFT100 sends these. Stored as jsonb they would cost most of the write.
  column(239, 'ignition', 'smallint'),
  column(24, 'gnss_speed', 'integer'),
  column(69, 'gnss_status', 'smallint'),
  column(181, 'gnss_pdop', 'integer'),
  column(182, 'gnss_hdop', 'integer'),
  column(241, 'gsm_operator', 'bigint'),
];

/** The columns every record has, in the order of COPY. */
export const RECORD_COLUMNS = [
  'iot_imei',
  'iot_timestamp',
  'record_hash',
  'timestamp',
  'latitude',
  'longitude',
  'altitude',
  'angle',
  'satellites',
  'speed',
  'priority',
  'event_io_id',
  'generation_type',
] as const;

/** All columns in the order in which rows are encoded. */
export const COPY_COLUMNS: readonly string[] = [...RECORD_COLUMNS, ...ATTRIBUTE_COLUMNS.map(({ name }) => name), 'io'];
