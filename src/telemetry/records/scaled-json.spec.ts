import fc from 'fast-check';
import { ATTRIBUTE_COLUMNS, type ColumnType } from '../telemetry-columns.js';
import { scaledElements } from './scaled-elements.js';
import { scaledElementsJson } from './scaled-json.js';
import { type AttributeValue, type StoredIo } from './telemetry-record.js';

function valuesOf(type: ColumnType): fc.Arbitrary<AttributeValue> {
  switch (type) {
    case 'smallint':
      return fc.integer({ min: -32_768, max: 32_767 });
    case 'integer':
      return fc.integer({ min: -2_147_483_648, max: 2_147_483_647 });
    case 'bigint':
      return fc.maxSafeInteger();
    case 'numeric':
      return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String);
    case 'text':
      return fc.string();
  }
}

const attributes = fc.tuple(...ATTRIBUTE_COLUMNS.map(({ type }) => fc.option(valuesOf(type))));
const value = fc.oneof(fc.maxSafeInteger(), fc.stringMatching(/^[0-9a-f]*$/));
const id = fc
  .oneof(fc.constantFrom(...ATTRIBUTE_COLUMNS.map(({ avlId }) => avlId), 25, 72, 78, 10_800), fc.nat(12_000))
  .map(String);
const io = fc.dictionary(id, fc.oneof(value, fc.array(value, { minLength: 1, maxLength: 3 })), { maxKeys: 6 });
const widths = fc.option(fc.dictionary(id, fc.constantFrom(1, 2, 4, 8), { maxKeys: 3 }), { nil: undefined });

it('has the members of scaledElements in their order, whatever a record has', () => {
  fc.assert(
    fc.property(attributes, fc.option(fc.tuple(io, widths)), (columns, more) => {
      const stored = more === null ? null : ({ ...more[0], ...(more[1] ? { widths: more[1] } : {}) } as StoredIo);
      const json = scaledElementsJson({ attributes: columns, io: stored === null ? null : JSON.stringify(stored) });
      expect(json).toBe(JSON.stringify(scaledElements(columns, stored)));
    }),
    { numRuns: 1_000 },
  );
});

it('multiplies every two-byte value of a column as scaledElements does', () => {
  for (const name of ['external_voltage', 'gnss_hdop', 'x_axis', 'total_odometer']) {
    const index = ATTRIBUTE_COLUMNS.findIndex((column) => column.name === name);
    const none = ATTRIBUTE_COLUMNS.map(() => null);
    for (let raw = -32_768; raw <= 65_536; raw += 7) {
      const columns = none.map((empty, place) => (place === index ? raw : empty));
      expect(scaledElementsJson({ attributes: columns, io: null })).toBe(JSON.stringify(scaledElements(columns, null)));
    }
  }
});
