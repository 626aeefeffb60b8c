/** The definition of one AVL id in Teltonika's tables. The width of a value comes from the record, never from here. */
export interface IoElementDefinition {
  readonly id: number;
  readonly name: string;
  /** Number of bytes by the table; for a variable-length element the maximum. Null where the table has none. */
  readonly width: number | null;
  /** Sent in the NX group of codec 8 Extended. */
  readonly variable: boolean;
  /** How to read the bytes. `hex` is for identifiers and structures, which are not numbers. */
  readonly type: 'unsigned' | 'signed' | 'hex' | 'ascii';
  /** The raw value times this is the value in `unit`. Null where the table is blank or the value is not a quantity: then show the raw value. */
  readonly multiplier: number | null;
  readonly unit: string | null;
  /** Names of raw values, where the table has them. The key is the raw value in decimal. */
  readonly values: Readonly<Record<string, string>> | null;
  /** Raw values that are error codes, and what each means. */
  readonly errors: Readonly<Record<string, string>> | null;
  /** Raw values that may be an error code or a measurement, and why. */
  readonly doubts: Readonly<Record<string, string>> | null;
  /** Other widths with the same meaning. */
  readonly otherWidths: readonly number[];
  /** The number is written with leading zeros up to this many digits. */
  readonly minDigits: number | null;
  /** The heading in the table, for example "Permanent I/O elements". */
  readonly group: string | null;
  /** Listed in the table of the TFT100. */
  readonly tft100: boolean;
  /** Other device families define this id with another meaning, width, sign or scale: name and scale are reliable for a TFT100 only. */
  readonly differsBetweenFamilies: boolean;
}
