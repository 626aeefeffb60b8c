const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** In ASCII, "[" and "]" differ from "{" and "}" by this bit only. */
const BRACE_BIT = 0x20;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;

/** The deepest nesting of arrays and objects in a JSON text: 0 for a number, 1 for `[]`. What is not valid JSON gives some number. */
export function jsonDepth(json: Buffer): number {
  let depth = 0;
  let deepest = 0;
  for (let position = 0; position < json.length; position++) {
    const byte = json[position]!;
    if (byte === QUOTE) {
      position = closingQuote(json, position);
    } else if ((byte | BRACE_BIT) === OPENING_BRACE) {
      deepest = Math.max(deepest, ++depth);
    } else if ((byte | BRACE_BIT) === CLOSING_BRACE) {
      depth--;
    }
  }
  return deepest;
}

function closingQuote(json: Buffer, start: number): number {
  let position = start + 1;
  while (position < json.length && json[position] !== QUOTE) {
    position += json[position] === BACKSLASH ? 2 : 1;
  }
  return position;
}
