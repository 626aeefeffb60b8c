/** One line of the benchmark's table. */
export interface Line {
  readonly figure: string;
  readonly value: string;
  /** What it is measured against in the same run, or what it has to reach. */
  readonly against: string;
  readonly ratio: string;
}

/** Columns as wide as their widest cell. */
export function renderTable(lines: readonly Line[]): string {
  const head: Line = { figure: 'figure', value: 'value', against: 'against', ratio: 'ratio' };
  const columns = ['figure', 'value', 'against', 'ratio'] as const;
  const widths = columns.map((column) => Math.max(...[head, ...lines].map((line) => line[column].length)));
  const render = (line: Line): string =>
    columns
      .map((column, index) => line[column].padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  return [render(head), rule, ...lines.map(render)].join('\n');
}

/** 91556 -> "91,556"; 7.155 -> "7.16" with two digits behind the point. */
export function number(value: number, digits = 0): string {
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
