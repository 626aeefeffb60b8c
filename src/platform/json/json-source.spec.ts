import fc from 'fast-check';
import { elementSources, JsonSource, memberSource, stringifyJson } from './json-source.js';

describe('memberSource', () => {
  it.each<[string, string | null]>([
    ['{"metadata": 12345678901234567890}', '12345678901234567890'],
    ['{"a":1,"metadata":{"n":1.0,"s":"}],{\\"","l":[{},[1, 2]]} ,"b":2}', '{"n":1.0,"s":"}],{\\"","l":[{},[1, 2]]}'],
    ['{ "metadata" : "text \\\\" }', '"text \\\\"'],
    ['{"metadata":1,"metadata":2}', '2'],
    ['{"a":{"metadata":1}}', null],
    ['{"m\\u0065tadata":true}', 'true'],
    ['{"metadata":null\n}', 'null'],
    ['{}', null],
  ])('of %s is %s', (json, source) => {
    expect(memberSource(json, 'metadata')).toBe(source);
  });

  it('finds what JSON.parse finds, in any object, written with or without blanks', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.jsonValue(),
        fc.constantFrom(0, 1, '\t'),
        (object, metadata, indent) => {
          const json = JSON.stringify({ ...object, metadata, last: 1 }, null, indent);
          expect(JSON.parse(memberSource(json, 'metadata') ?? '')).toEqual((JSON.parse(json) as { metadata: unknown }).metadata);
        },
      ),
    );
  });
});

describe('stringifyJson', () => {
  it('leaves sources as they are, wherever they stand, and everything else to JSON.stringify', () => {
    const value = {
      at: new Date(0),
      list: [new JsonSource('12345678901234567890'), { deep: new JsonSource('{"b": 1.0,  "a":"$&"}') }],
      none: null,
    };
    expect(stringifyJson(value)).toBe(
      '{"at":"1970-01-01T00:00:00.000Z","list":[12345678901234567890,{"deep":{"b": 1.0,  "a":"$&"}}],"none":null}',
    );
  });

  it('equals JSON.stringify where there is no source', () => {
    expect(stringifyJson({ a: [1, 'x'] })).toBe('{"a":[1,"x"]}');
  });
});

describe('elementSources', () => {
  it.each<[string, string[]]>([
    ['[]', []],
    [' [ ] ', []],
    ['[1]', ['1']],
    ['\n[ 1.0 ,\t"a,]" , {"b": [1, {"c": "}"}] } , [[]], null ]', ['1.0', '"a,]"', '{"b": [1, {"c": "}"}] }', '[[]]', 'null']],
    ['["\\"",[1,2],{"a":1}]', ['"\\""', '[1,2]', '{"a":1}']],
  ])('gives the elements of %s as they stand there', (json, elements) => {
    expect(elementSources(json)).toEqual(elements);
    expect(elements.map((element) => JSON.parse(element) as unknown)).toEqual(JSON.parse(json));
  });
});
