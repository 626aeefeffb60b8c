/** A semicolon belongs to the value before it unless an id follows: "2001:a;b;2002:c" sets 2001 to "a;b". */
const NEXT_SETTING = /;(?=\s*\d+\s*:)/;
const SETTING = /^\s*(\d+)\s*:(.*)$/s;
const DECIMAL = /^(-?)0*(\d+)(?:\.(\d+))?$/;

/** The `<id>:<value>` pairs of `setparam 2001:wap;2002:user`, by the id without leading zeros. */
export function parseSettings(command: string): ReadonlyMap<string, string> {
  return parsePairs(command.trim().replace(/^\S+/, ''));
}

/** The same pairs out of a reply: "2001:wap;2002:user;". */
export function parsePairs(text: string): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>();
  for (const part of text.split(NEXT_SETTING)) {
    const setting = SETTING.exec(part);
    if (setting !== null) {
      pairs.set(plainNumber(setting[1]!), setting[2]!);
    }
  }
  return pairs;
}

/**
 * Whether a device that was commanded to set `commanded` confirms it by printing `reported`. Case, blanks around the value, a semicolon at its end
 * and the spelling of a decimal number ("007", "7.0") are the device's choice; anything else is another value.
 */
export function isSameValue(commanded: string, reported: string): boolean {
  return plainValue(commanded) === plainValue(reported);
}

/** Without leading zeros. */
export function plainNumber(digits: string): string {
  return digits.replace(/^0+(?=\d)/, '');
}

function plainValue(value: string): string {
  let text = value.trim();
  if (text.endsWith(';')) {
    text = text.slice(0, -1).trim();
  }
  const decimal = DECIMAL.exec(text);
  if (decimal === null) {
    return text.toLowerCase();
  }
  const [, sign, whole, fraction = ''] = decimal;
  const significant = fraction.replace(/0+$/, '');
  const number = significant === '' ? whole! : `${whole}.${significant}`;
  return number === '0' ? number : `${sign}${number}`;
}
