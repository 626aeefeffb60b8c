import { canonicalJson } from './canonical-json.js';

describe('canonical JSON', () => {
  it.each([
    ['{"b":1,"a":2}', '{ "a" : 2 ,\n"b":1 }'],
    [String.raw`{"a":"\u0041\/"}`, '{"a":"A/"}'],
    ['[1.0, 1e2, -0, 0.10]', '[1,100,0,0.1]'],
    ['{"a":{"d":null,"c":[true,false]}}', '{"a":{"c":[true,false],"d":null}}'],
    ['{"a":1,"a":2}', '{"a":2}'],
    ['{"__proto__":1,"constructor":2}', '{"constructor":2,"__proto__":1}'],
    ['"n1"', ' "n1" '],
  ])('is one text for %s and %s', (one, other) => {
    expect(canonicalJson(one)).toBe(canonicalJson(other));
  });

  it.each([
    ['{"a":9007199254740993}', '{"a":9007199254740992}'],
    ['[1]', '["1"]'],
    ['["n1"]', '[1]'],
    ['{"a":null}', '{}'],
    ['[1,2]', '[2,1]'],
    ['[0.1]', '[0.10000000000000001]'],
    ['["s"]', '["ss"]'],
    ['{"__proto__":1}', '{}'],
    ['"1e400"', '"1e500"'],
    ['1e400', '1e500'],
  ])('is not one text for %s and %s', (one, other) => {
    expect(canonicalJson(one)).not.toBe(canonicalJson(other));
  });

  it.each(['{"a":[1,"x",null,true,{}]}', '[]', '"\\"\\\\"', '12345678901234567890', '-1.5e-7'])('of %s is JSON', (json) => {
    expect(JSON.parse(canonicalJson(json))).toEqual(JSON.parse(json));
    expect(canonicalJson(canonicalJson(json))).toBe(canonicalJson(json));
  });
});
