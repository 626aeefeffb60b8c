/** A semicolon belongs to the value before it unless an id follows: "2001:a;b;2002:c" sets 2001 to "a;b". */
const NEXT_SETTING = /;(?=\s*\d+\s*:)/;
const SETTING = /^\s*(\d+)\s*:(.*)$/s;

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

/** Without leading zeros. */
export function plainNumber(digits: string): string {
  return digits.replace(/^0+(?=\d)/, '');
}
