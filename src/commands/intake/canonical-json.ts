import { endOfString } from '../../platform/json/json-source.js';

const NUMBER_START = /[-\d]/;
const NUMBER_PART = /[-+.\deE]/;
/** Decimal digits that a double preserves. */
const EXACT_DIGITS = 15;

type Tagged = string | boolean | null | readonly Tagged[] | { readonly [name: string]: Tagged };

/**
 * One text for all JSON texts that say the same: without blanks, members in the order of their names, strings without needless escapes. Numbers
 * that JavaScript can not hold exactly (64-bit ids) keep their digits: two of them must not become one. The text must be valid JSON.
 */
export function canonicalJson(json: string): string {
  return write(JSON.parse(tagTokens(json)) as Tagged);
}

/** Numbers become strings that begin with "n", and strings begin with "s": so both go through JSON.parse unchanged. */
function tagTokens(json: string): string {
  const parts: string[] = [];
  let position = 0;
  while (position < json.length) {
    const character = json[position] as string;
    if (character === '"') {
      const end = endOfString(json, position);
      parts.push('"s', json.slice(position + 1, end));
      position = end;
    } else if (NUMBER_START.test(character)) {
      const end = endOfNumber(json, position);
      parts.push('"n', canonicalNumber(json.slice(position, end)), '"');
      position = end;
    } else {
      parts.push(character);
      position++;
    }
  }
  return parts.join('');
}

function endOfNumber(json: string, start: number): number {
  let position = start;
  while (position < json.length && NUMBER_PART.test(json[position] as string)) {
    position++;
  }
  return position;
}

function canonicalNumber(text: string): string {
  const [mantissa = ''] = text.split(/[eE]/);
  const digits = mantissa.replace(/\D/g, '').replace(/^0+/, '');
  const value = Number(text);
  return digits.length <= EXACT_DIGITS && Number.isFinite(value) ? String(value) : text;
}

function write(value: Tagged): string {
  if (typeof value === 'string') {
    return value.startsWith('n') ? value.slice(1) : JSON.stringify(value.slice(1));
  }
  if (value === null || typeof value === 'boolean') {
    return String(value);
  }
  if (isList(value)) {
    return `[${value.map(write).join(',')}]`;
  }
  const members = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name.slice(1))}:${write(member)}`).join(',')}}`;
}

function isList(value: Tagged): value is readonly Tagged[] {
  return Array.isArray(value);
}
