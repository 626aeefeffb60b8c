/** `1 record`, `2 records`; the plural is the noun and an "s" unless it is given. */
export function countOf(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}
