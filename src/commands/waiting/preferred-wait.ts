/** The longest wait, in seconds. Common proxies cut a request off after 60. */
export const MAX_WAIT_SECONDS = 30;

const TOKEN = String.raw`[!#$%&'*+.^_\x60|~0-9A-Za-z-]+`;
const WORD = String.raw`(?:${TOKEN}|"(?:[^"\\]|\\.)*")`;
/** One preference and its parameters (RFC 7240, section 2), and what is behind it: a comma, or the end. */
const PREFERENCE = new RegExp(
  String.raw`[ \t,]*(${TOKEN})(?:[ \t]*=[ \t]*(${WORD}))?(?:[ \t]*;(?:[ \t]*${TOKEN}(?:[ \t]*=[ \t]*${WORD})?)?)*[ \t]*(?:,|$)`,
  'y',
);

/**
 * The seconds of `Prefer: wait=N`, at most MAX_WAIT_SECONDS. Null without one, and for one whose value is not a whole number: RFC 7240 has a server
 * ignore what it does not understand. Several headers arrive as one, joined by commas. Of several preferences with one name the first counts; what
 * stands behind a syntax error is not read.
 */
export function preferredWaitSeconds(header: string | undefined): number | null {
  let position = 0;
  while (header !== undefined && position < header.length) {
    PREFERENCE.lastIndex = position;
    const match = PREFERENCE.exec(header);
    if (match === null) {
      return null;
    }
    const [, name = '', value = ''] = match;
    if (name.toLowerCase() === 'wait') {
      return secondsOf(value);
    }
    position = PREFERENCE.lastIndex;
  }
  return null;
}

function secondsOf(value: string): number | null {
  const text = value.startsWith('"') ? value.slice(1, -1) : value;
  return /^\d+$/.test(text) ? Math.min(Number(text), MAX_WAIT_SECONDS) : null;
}
