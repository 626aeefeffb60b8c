export interface Page<Item> {
  readonly items: readonly Item[];
  /** Where the next page starts; null after the last one. */
  readonly nextCursor: string | null;
}

/** A list that is read page by page as it is iterated: `for await (const item of pages)`. Each iteration reads from the start. */
export class Pages<Item> implements AsyncIterable<Item> {
  constructor(private readonly read: (cursor: string | undefined) => Promise<Page<Item>>) {}

  /** Reads one page: the first, or the one that starts at a cursor. */
  page(cursor?: string): Promise<Page<Item>> {
    return this.read(cursor);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, undefined> {
    for (let cursor: string | undefined; ;) {
      const { items, nextCursor }: Page<Item> = await this.read(cursor);
      yield* items;
      if (nextCursor === null) {
        return;
      }
      cursor = nextCursor;
    }
  }

  /** All items. For lists that fit into memory. */
  async all(): Promise<Item[]> {
    const items: Item[] = [];
    for await (const item of this) {
      items.push(item);
    }
    return items;
  }
}

/** `query` with the cursor of the page. */
export function atCursor<Query extends object>(query: Query, cursor: string | undefined): Query {
  return cursor === undefined ? query : { ...query, cursor };
}
