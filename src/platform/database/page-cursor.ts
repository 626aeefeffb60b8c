import { InvalidInputError } from '../errors/errors.js';
import { type Page } from './bounded-page.js';

const SEPARATOR = '_';

/** The values of a cursor by their names. */
export type CursorValues<Name extends string> = Readonly<Record<Name, string>>;

/**
 * The format of the cursors of one list: the key of the last row of a page, its values joined by `_`. A page begins behind the key, so rows that
 * are stored in between cause no duplicates and no gaps.
 */
export class PageCursor<Name extends string> {
  /** Every cursor of the list matches it. */
  readonly pattern: RegExp;
  private readonly names: readonly Name[];

  /**
   * @param values an expression for each value, in their order. It has no groups that capture, does not match `_`, and matches nothing that PostgreSQL
   * would fail on.
   */
  constructor(values: Readonly<Record<Name, RegExp>>) {
    this.names = Object.keys(values) as Name[];
    this.pattern = new RegExp(`^${this.names.map((name) => `(${values[name].source})`).join(SEPARATOR)}$`);
  }

  encode(values: CursorValues<Name>): string {
    return this.names.map((name) => values[name]).join(SEPARATOR);
  }

  /** Throws InvalidInputError for text that does not match the pattern. */
  decode(cursor: string): CursorValues<Name> {
    const match = this.pattern.exec(cursor);
    if (!match) {
      throw new InvalidInputError('cursor must be a nextCursor of an earlier response');
    }
    return Object.fromEntries(this.names.map((name, index) => [name, match[index + 1]])) as CursorValues<Name>;
  }

  /** The cursor that continues after a page; null when the list ends with it. */
  next<Row>({ rows, hasMore }: Page<Row>, valuesOf: (last: Row) => CursorValues<Name>): string | null {
    const last = rows.at(-1);
    return hasMore && last !== undefined ? this.encode(valuesOf(last)) : null;
  }
}

/** For a list in the order of an id. */
export const ID_CURSOR = new PageCursor({ id: /\d{1,18}/ });

/** For a list of devices in the order of their IMEIs. */
export const IMEI_CURSOR = new PageCursor({ imei: /\d{15}/ });

/** For a list in the order of a time and an id. The time is in microseconds since 1970, as exact as PostgreSQL's. */
export const TIME_CURSOR = new PageCursor({ timeUs: /\d{1,17}/, id: /\d{1,18}/ });

/** SQL: a timestamptz as `timeUs`. */
export function timeToMicroseconds(expression: string): string {
  return `(extract(epoch from ${expression}) * 1000000)::bigint::text`;
}

/** SQL: the timestamptz of a `timeUs`. */
export function microsecondsToTime(expression: string): string {
  return `timestamptz 'epoch' + ${expression}::bigint * interval '1 microsecond'`;
}
