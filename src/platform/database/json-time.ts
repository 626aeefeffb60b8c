/** SQL: a timestamptz as the text that `Date.toJSON` gives: UTC, with milliseconds. */
export function jsonTime(expression: string): string {
  return `to_char(${expression} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}
