import { type EntityManager, type ObjectLiteral, type SelectQueryBuilder } from 'typeorm';

/** A page ends before the row with which its variable texts exceed this, in bytes: what it costs does not depend on what was stored. */
export const MAX_PAGE_BYTES = 4_194_304;

export interface Page<Row> {
  readonly rows: readonly Row[];
  /** The list goes on behind the last row. */
  readonly hasMore: boolean;
}

/** A page that was read, with the size of its variable texts. */
export interface MeasuredPage<Row> extends Page<Row> {
  readonly bytes: number;
}

/** How a page is cut from a list, in SQL. */
export interface PageBounds {
  /** Select list of what is returned. It is evaluated for the rows of the page alone. */
  readonly fields: string;
  readonly orderBy: string;
  /** Size of a row's texts of variable length. It must not be null. */
  readonly bytes: string;
  readonly limit: number;
}

/** Where a page comes from, as parts of a statement. */
export interface PageStatement extends PageBounds {
  /** The columns that `fields`, `orderBy` and `bytes` use: plain ones, whose large values PostgreSQL then leaves where they are stored. */
  readonly columns: string;
  /** Table or join. */
  readonly from: string;
  /** `where ...`, or nothing. */
  readonly where: string;
  /** The name by which `fields`, `orderBy` and `bytes` call the row, as `from` does. */
  readonly alias: string;
}

/**
 * Reads up to `limit` rows and up to MAX_PAGE_BYTES; a first row that is larger comes alone. The rest is not fetched: the running sum of the
 * sizes stands in the statement.
 */
export async function readPage<Row extends object>(
  manager: Pick<EntityManager, 'query'>,
  { columns, from, where, alias, ...bounds }: PageStatement,
  values: readonly unknown[],
): Promise<MeasuredPage<Row>> {
  return readBounded(manager, pageSql(`select ${columns} from ${from} ${where}`, alias, bounds), values);
}

/**
 * The same of what a query builder selects: the columns that `fields`, `orderBy` and `bytes` use, under the query's alias and by their names in the
 * database. The query has no order and no limit of its own.
 */
export async function readQueryPage<Row extends object>(
  manager: Pick<EntityManager, 'query'>,
  query: SelectQueryBuilder<ObjectLiteral>,
  bounds: PageBounds,
): Promise<MeasuredPage<Row>> {
  const [sql, values] = query.getQueryAndParameters();
  return readBounded(manager, pageSql(sql, query.alias, bounds), values);
}

async function readBounded<Row extends object>(
  manager: Pick<EntityManager, 'query'>,
  sql: string,
  values: readonly unknown[],
): Promise<MeasuredPage<Row>> {
  const found = await manager.query<(Row & { pageGoesOn: boolean; pageBytes: number })[]>(sql, [...values]);
  return {
    rows: found.map(({ pageGoesOn: _pageGoesOn, pageBytes: _pageBytes, ...row }) => row as unknown as Row),
    bytes: found.at(-1)?.pageBytes ?? 0,
    hasMore: found.at(-1)?.pageGoesOn ?? false,
  };
}

/** The statement of a page: the fields, `page_goes_on` and the sum of the sizes up to the row. */
export function pageSql(list: string, alias: string, { fields, orderBy, bytes, limit }: PageBounds): string {
  // One row more than the limit shows whether there is a next page.
  return `
    select ${fields}, page_goes_on as "pageGoesOn", page_bytes::float8 as "pageBytes"
      from (select ${alias}.*, sum(${bytes}) over page as page_bytes, row_number() over page as page_row,
                   lead(true, 1, false) over page as page_goes_on
              from (${list} order by ${orderBy} limit ${limit + 1}) ${alias}
            window page as (order by ${orderBy} rows unbounded preceding)) ${alias}
     where page_row <= ${limit} and (page_bytes <= ${MAX_PAGE_BYTES} or page_row = 1)
     order by page_row`;
}
