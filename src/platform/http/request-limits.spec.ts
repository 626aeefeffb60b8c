import { parseJsonBody } from './request-limits.js';

const parse = (text: string): unknown => parseJsonBody(Buffer.from(text));

describe('the body of a request', () => {
  it.each([
    ['{"a":[1,{"b":null}]}', { a: [1, { b: null }] }],
    ['{"constructor":"Ferrari","prototype":{}}', { constructor: 'Ferrari', prototype: {} }],
    ['{"text":"__proto__"}', { text: '__proto__' }],
    ['', undefined],
  ])('%s is read', (text, expected) => {
    expect(parse(text)).toEqual(expected);
  });

  it.each([
    ['{"__proto__":1}', 'The body must not have a member "__proto__"'],
    ['{"a":[{"\\u005f\\u005fproto__":{}}]}', 'The body must not have a member "__proto__"'],
    ['{"a":{"constructor":{"prototype":{}}}}', 'The body must not have a member "constructor" with a "prototype"'],
    ['{', 'The body is not valid JSON'],
    ['null', 'The body must be a JSON object'],
    ['[{}]', 'The body must be a JSON object'],
    ['"text"', 'The body must be a JSON object'],
  ])('%s is refused with what is wrong', (text, reason) => {
    expect(() => parse(text)).toThrow(reason);
  });

  it.each([
    ['half of a surrogate pair', [0xed, 0xa0, 0x80]],
    ['Latin 1', [0xe9]],
    ['a character that is cut', [0xf0, 0x9f, 0x98]],
  ])('with bytes that are not UTF-8 is refused: %s', (_name, bytes) => {
    const body = Buffer.concat([Buffer.from('{"name":"'), Buffer.from(bytes), Buffer.from('"}')]);
    expect(() => parseJsonBody(body)).toThrow('The body is not valid UTF-8');
  });

  it('may hold every character of UTF-8', () => {
    expect(parse('{"name":"é \u{1f600}"}')).toEqual({ name: 'é \u{1f600}' });
  });

  it('is searched whatever its width', () => {
    expect(() => parse(`{"a":[${'{},'.repeat(400_000)}{"__proto__":1}]}`)).toThrow('__proto__');
  });

  it('is searched whatever its depth', () => {
    const depth = 100_000;
    expect(() => parse(`{"a":${'['.repeat(depth)}{"__proto__":1}${']'.repeat(depth)}}`)).toThrow('__proto__');
  });
});
