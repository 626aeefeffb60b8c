/** What Teltonika's AVL id tables say about one id. Never used to decide how many bytes a value has: the record says that. */
export interface IoElementDefinition {
  readonly id: number;
  readonly name: string;
  /** Bytes by the table; for a variable-length element the most there can be. Null where the table gives none. */
  readonly width: number | null;
  /** Comes in the NX group of codec 8 Extended. */
  readonly variable: boolean;
  /** How to read the bytes. `hex` stands for identifiers and structures that are no number. */
  readonly type: 'unsigned' | 'signed' | 'hex' | 'ascii';
  /** Raw value times this is in `unit`. Null where the table is blank or the value is no quantity: show it raw. */
  readonly multiplier: number | null;
  readonly unit: string | null;
  /** Words for single raw values, where the table has them; the key is the raw value in decimal. */
  readonly values: Readonly<Record<string, string>> | null;
  /** Raw values that cannot be a measurement, and what each says. */
  readonly errors: Readonly<Record<string, string>> | null;
  /** Raw values that are an error or a measurement, and the doubt. */
  readonly doubts: Readonly<Record<string, string>> | null;
  /** Further widths with the same meaning. */
  readonly otherWidths: readonly number[];
  /** The number is written with leading zeros up to that many digits. */
  readonly minDigits: number | null;
  /** The table's heading, for example "Permanent I/O elements". */
  readonly group: string | null;
  /** In the TFT100's own table. */
  readonly tft100: boolean;
  /** Another device family gives this id another meaning, width, sign or scale: trust name and scale on a TFT100 only. */
  readonly differsBetweenFamilies: boolean;
}
