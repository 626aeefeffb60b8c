import { ApiKeys } from './keys/settings-keys.js';
import { requestIdOf } from '../platform/http/http-adapter.js';
import { defaultScope, grants, SCOPES } from './scope.js';

describe('scopes', () => {
  it('are good for themselves, and admin for all', () => {
    const granted = SCOPES.map((has) => SCOPES.filter((needed) => grants([has], needed)));
    expect(granted).toEqual([['read'], ['command'], ['read', 'command', 'admin']]);
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'SOMETHING'])('of a route with %s that names none is admin', (method) => {
    expect(defaultScope(method)).toBe('admin');
  });
});

describe('the keys of IOT_API_KEY', () => {
  it('are distinguished by their position, and may do everything', () => {
    const keys = new ApiKeys(['first key', 'second key']);
    expect(keys.find('first key')).toEqual({ keyId: null, name: 'IOT_API_KEY', scopes: ['admin'] });
    expect(keys.find('second key')).toEqual({ keyId: null, name: 'IOT_API_KEY#2', scopes: ['admin'] });
    expect(keys.find('second')).toBeNull();
  });
});

describe('the id of a request', () => {
  it('is the one that came with it, if it is a sane one', () => {
    expect(requestIdOf({ headers: { 'x-request-id': 'a-1.b_c:d/e+f=' } })).toBe('a-1.b_c:d/e+f=');
    for (const id of ['', 'a b', 'a\nb', 'é', 'x'.repeat(129), ['a', 'b'] as unknown as string, undefined]) {
      expect(requestIdOf({ headers: id === undefined ? {} : { 'x-request-id': id } })).toMatch(/^[0-9a-f-]{36}$/);
    }
  });
});
