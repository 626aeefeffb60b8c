/** Cuts text that a client has sent before it is repeated in an answer or in the log. */
export function shorten(text: string, maxCharacters: number): string {
  return text.length <= maxCharacters ? text : `${text.slice(0, maxCharacters)}...`;
}
