/**
 * What could end a line, move the cursor of a terminal, colour it, or turn the direction of writing: C0 and C1 controls (ESC and CSI among
 * them), DEL, the line separators of Unicode, and its direction marks. Devices and clients choose some of what is logged; none of it may
 * look like another line.
 */
// eslint-disable-next-line no-control-regex
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;
const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** For one line: also its ends of line are written out. */
export function escapeLine(text: string): string {
  return text.replace(UNSAFE, (char) => SHORT[char] ?? unicodeEscape(char));
}

/** For a stack, which has lines of its own: each but the first is indented, so that none can pass for an event. */
export function escapeBlock(text: string): string {
  return text.split('\n').map(escapeLine).join('\n    ');
}

/** JSON that is ready: what JSON.stringify leaves as it is, in the form JSON has for it. */
export function escapeJson(json: string): string {
  return json.replace(UNSAFE, unicodeEscape);
}

function unicodeEscape(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** `1 record`, `2 records`; the plural is the noun and an "s" unless it is given. */
export function countOf(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}

const SECRET_NAME = /(^|_)(KEY|SECRET|PASSWORD|TOKEN)S?$/;
/** A shorter one is found in words that are none, and guarded nothing anyway. */
const SHORTEST = 6;

/** What must never be written anywhere, of these settings or environment variables: keys, secrets, and passwords in URLs. */
export function secretsOf(settings: Iterable<readonly [name: string, value: unknown]>): string[] {
  const found = new Set<string>();
  for (const [name, value] of settings) {
    if (typeof value !== 'string') {
      continue;
    }
    if (SECRET_NAME.test(name)) {
      [value, ...value.split(',')].forEach((secret) => found.add(secret.trim()).add(secret.trim().replace(/^whsec_/, '')));
    }
    passwordsOf(value).forEach((password) => found.add(password));
  }
  // The longest first: one may be a part of another.
  return [...found].filter((secret) => secret.length >= SHORTEST).sort((one, other) => other.length - one.length);
}

function passwordsOf(value: string): string[] {
  if (!value.includes('://') || !URL.canParse(value)) {
    return [];
  }
  const { password, searchParams } = new URL(value);
  return [password, decode(password), searchParams.get('password') ?? ''];
}

function decode(password: string): string {
  try {
    return decodeURIComponent(password);
  } catch {
    // A lone "%": then it stands in the URL as it is.
    return password;
  }
}
