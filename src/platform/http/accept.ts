interface MediaRange {
  readonly type: string;
  readonly subtype: string;
  readonly quality: number;
}

const TOKEN = /^[\w!#$&^.+*-]+$/;

/**
 * The type that a client prefers among those that a route can answer with (RFC 9110, 12.5.1): the one with the greatest quality, the first one of equals.
 * Null: it accepts none of them. Without the header it accepts all. Parameters besides `q` are ignored, and so are parts that are not media ranges.
 */
export function preferredType<Type extends string>(accept: string | undefined, offered: readonly [Type, ...Type[]]): Type | null {
  if (accept === undefined || accept.trim() === '') {
    return offered[0];
  }
  const ranges = accept.split(',').flatMap(parseRange);
  const qualities = offered.map((type) => qualityOf(type, ranges));
  const best = Math.max(...qualities);
  return best > 0 ? (offered[qualities.indexOf(best)] as Type) : null;
}

function parseRange(text: string): MediaRange[] {
  const [range = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const [type = '', subtype = '', ...rest] = range.split('/');
  if (!TOKEN.test(type) || !TOKEN.test(subtype) || rest.length > 0) {
    return [];
  }
  const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1';
  return [{ type, subtype, quality: /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(quality) ? Number(quality) : 0 }];
}

/** That of the most specific range that matches. */
function qualityOf(offer: string, ranges: readonly MediaRange[]): number {
  const [type, subtype] = offer.split('/');
  const matching = (isMatch: (range: MediaRange) => boolean): number[] => ranges.filter(isMatch).map(({ quality }) => quality);
  const exact = matching((range) => range.type === type && range.subtype === subtype);
  const group = matching((range) => range.type === type && range.subtype === '*');
  const any = matching((range) => range.type === '*' && range.subtype === '*');
  return [exact, group, any].find((found) => found.length > 0)?.[0] ?? 0;
}
