/** Whether an error is one of the named system (ENOENT) or SQLSTATE (57P03) errors. */
export function hasCode(error: unknown, ...codes: string[]): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && codes.includes(String(error.code));
}
