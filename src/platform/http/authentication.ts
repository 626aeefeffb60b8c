import { Injectable } from '@nestjs/common';
import { type FastifyRequest } from 'fastify';
import { ApiKeys } from './api-keys.js';
import { StoredKeys, type Caller } from './caller.js';

export const API_KEY_HEADER = 'x-api-key';

/** Says who sent a request: looked up once, for the rate limit and for the guard. */
@Injectable()
export class Callers {
  private readonly found = new WeakMap<FastifyRequest, Promise<Caller | null>>();

  constructor(
    private readonly keys: ApiKeys,
    private readonly stored: StoredKeys,
  ) {}

  /** Null for no key, or one that is not known. */
  of(request: FastifyRequest): Promise<Caller | null> {
    const known = this.found.get(request);
    if (known) {
      return known;
    }
    const lookup = this.find(request.headers[API_KEY_HEADER]);
    this.found.set(request, lookup);
    return lookup;
  }

  private async find(key: string | string[] | undefined): Promise<Caller | null> {
    return typeof key === 'string' ? (this.keys.find(key) ?? (await this.stored.find(key))) : null;
  }
}
