/** The entries of a variable that holds several; blanks around them, and empty ones, do not count. */
export function commaSeparated(text: string): string[] {
  return text.split(',').flatMap((entry) => entry.trim() || []);
}
