import { type Api, type CallOptions, dataOf } from './api.js';
import { atCursor, Pages } from './pages.js';
import { type AuditEntry, type CreateKey, type Key, type KeyMade, type operations } from './schema.generated.js';

export type AuditQuery = NonNullable<operations['listAuditEntries']['parameters']['query']>;

export class Keys {
  constructor(private readonly api: Api) {}

  /** Makes a key. Its `secret` is never shown again. */
  create(body: CreateKey, options: CallOptions = {}): Promise<KeyMade> {
    return dataOf(this.api.POST('/api/v1/keys', { body, ...options }));
  }

  async list(options: CallOptions = {}): Promise<Key[]> {
    return (await dataOf(this.api.GET('/api/v1/keys', { ...options }))).keys;
  }

  async revoke(id: string, options: CallOptions = {}): Promise<Key> {
    return (await dataOf(this.api.DELETE('/api/v1/keys/{id}', { params: { path: { id } }, ...options }))).key;
  }
}

export class Audit {
  constructor(private readonly api: Api) {}

  /** Who did what, newest first. */
  list(query: AuditQuery = {}, options: CallOptions = {}): Pages<AuditEntry> {
    return new Pages(async (cursor) => {
      const params = { query: atCursor(query, cursor) };
      const { entries, nextCursor } = await dataOf(this.api.GET('/api/v1/audit', { params, ...options }));
      return { items: entries, nextCursor };
    });
  }
}
