export interface Series {
  readonly title: string;
  readonly unit: string;
  readonly digits?: number;
  /** A custom property of styles/tokens.css. */
  readonly colour: string;
  /** One for each time; null: none. */
  readonly values: readonly (number | null)[];
}

export interface TimeChartProps {
  /** What it shows, read out: a canvas has no words. */
  readonly label: string;
  /** Unix seconds, ascending. */
  readonly times: readonly number[];
  readonly series: readonly Series[];
  /** Charts with the same name move their cursors together. */
  readonly group: string;
}
