import { scaledElements, shownValue } from './scaled-elements.js';
import { ATTRIBUTE_COLUMNS } from '../telemetry-columns.js';
import { type AttributeValue, type StoredIo } from './telemetry-record.js';

function scaledIo(io: StoredIo, columns: Record<string, AttributeValue> = {}): ReturnType<typeof scaledElements> {
  return scaledElements(
    ATTRIBUTE_COLUMNS.map(({ name }) => columns[name] ?? null),
    io,
  );
}

const only = (id: number, value: AttributeValue, width?: number) =>
  scaledIo(width === undefined ? { [id]: value } : { [id]: value, widths: { [id]: width } })[0];

describe('an error code', () => {
  it.each([
    [25, 32_767, 'sensor not found'],
    [26, 32_766, 'failed to parse sensor data'],
    [27, 32_765, 'abnormal sensor state'],
    [28, 32_764, 'abnormal sensor state'],
    [86, 32_767, 'sensor not found'],
    [104, 65_535, 'sensor not found'],
    [106, 65_534, 'failed to parse sensor data'],
    [108, 65_533, 'abnormal sensor state'],
    [72, 3000, 'sensor not connected'],
    [73, 2000, 'failed to read the sensor'],
    [74, 4000, 'sensor id failed'],
    [75, 5000, 'sensor not ready'],
    [10_800, 25_000, 'no reading from the sensor'],
    [10_803, 32_767, 'sensor not found'],
    [201, -1, 'fuel sensor error'],
  ])('of %i, %i, has no value and a meaning; the raw value stays', (id, raw, meaning) => {
    expect(only(id, raw)).toMatchObject({ raw, value: null, meaning, name: expect.any(String) as string });
  });

  it.each([
    [25, 32_763, 327.63],
    [25, 3000, 30],
    [86, 1000, 100],
    [72, 851, 85.1],
    [10_800, 2500, 25],
    [201, 0, 0],
    [66, 32_767, 32.767],
  ])('is not every large number: %i, %i is a measurement', (id, raw, value) => {
    const [element] = scaledIo(id === 66 ? {} : { [id]: raw }, id === 66 ? { external_voltage: raw } : {});
    expect(element).toMatchObject({ raw, value, meaning: null });
  });

  it.each([
    [72, 850, 85, 'sensor not ready, unless it is 85.0 °C'],
    [335, 65_535, 65_535, 'sensor not found'],
  ])('that may be a measurement keeps its number and names the doubt: %i, %i', (id, raw, value, meaning) => {
    expect(only(id, raw)).toMatchObject({ raw, value, meaning });
  });
});

it.each([800, 839, 840])('a number whose scale is not known has no unit: %i', (id) => {
  const column = ATTRIBUTE_COLUMNS.find(({ avlId }) => avlId === id);
  const [element] = scaledIo(column ? {} : { [id]: 47_716 }, column ? { [column.name]: 47_716 } : {});
  expect(element).toMatchObject({ id, raw: 47_716, value: 47_716, unit: null, meaning: 'scale not known' });
});

describe('a width that does not fit the definition', () => {
  it.each<[string, number, AttributeValue, number | undefined, string]>([
    [
      'fixed instead of variable',
      389,
      123_456,
      4,
      'sent with 4 bytes; the dictionary has this id as "Button Click" with variable length',
    ],
    [
      'the same, stored without its width',
      389,
      123_456,
      undefined,
      'sent with another width; the dictionary has this id as "Button Click" with variable length',
    ],
    [
      'wider, with a value that would fit',
      25,
      2345,
      4,
      'sent with 4 bytes; the dictionary has this id as "BLE Temperature #1" with 2 bytes',
    ],
    [
      'a value out of range, stored without its width',
      29,
      256,
      undefined,
      'sent with another width; the dictionary has this id as "BLE Battery #1" with 1 byte',
    ],
    [
      'eight bytes',
      25,
      '9223372036854775808',
      8,
      'sent with 8 bytes; the dictionary has this id as "BLE Temperature #1" with 2 bytes',
    ],
    [
      'variable instead of fixed',
      25,
      'beef',
      2,
      'sent with variable length; the dictionary has this id as "BLE Temperature #1" with 2 bytes',
    ],
    [
      '16 bytes for an identifier',
      78,
      '00'.repeat(16),
      16,
      'sent with 16 bytes; the dictionary has this id as "iButton" with 8 bytes',
    ],
  ])('gives the raw value, and no meaning of the definition: %s', (_what, id, raw, width, meaning) => {
    expect(only(id, raw, width)).toEqual({ id, column: null, name: null, raw, value: raw, unit: null, meaning });
  });

  it('is also reported for a value in a column', () => {
    expect(scaledIo({ widths: { 113: 4 } }, { internal_battery_percent: 99 })).toEqual([
      expect.objectContaining({ id: 113, column: 'internal_battery_percent', name: null, value: 99, unit: null }),
    ]);
  });
});

describe('identifiers and text', () => {
  it.each<[AttributeValue, number | undefined, string]>([
    ['18446744073709551615', undefined, 'ffffffffffffffff'],
    ['11259375', undefined, '0000000000abcdef'],
    [11_259_375, undefined, '0000000000abcdef'],
    ['11259375', 3, '0000000000abcdef'],
    ['0', undefined, '0000000000000000'],
  ])('an iButton has 16 hex digits: %s', (raw, width, value) => {
    expect(only(78, raw, width)).toMatchObject({ name: 'iButton', raw, value });
  });

  it.each([
    [256, 'WVWZZZ1JZXW000001', 'WVWZZZ1JZXW000001'],
    [325, 'VIN\0\0', 'VIN'],
    [264, '', ''],
  ])('a variable-width element that is text is text: %i', (id, text, value) => {
    const raw = Buffer.from(text).toString('hex');
    expect(only(id, raw)).toMatchObject({ raw, value });
  });

  it('bytes that are not text stay hex, and so do elements that are not text', () => {
    expect(only(256, 'ff00')).toMatchObject({ raw: 'ff00', value: 'ff00' });
    expect(only(385, '4142')).toMatchObject({ raw: '4142', value: '4142' });
  });

  it('the second half of an ICCID keeps its leading zeros', () => {
    expect(scaledIo({}, { iccid1: '893700218', iccid2: '500686954' })).toMatchObject([
      { raw: '893700218', value: '893700218' },
      { raw: '0500686954', value: '0500686954' },
    ]);
    expect(shownValue(14, '12345678901')).toBe('12345678901');
  });

  it('387 in its column is text', () => {
    expect(scaledIo({}, { iso6709_coordinates: '+54/' })).toMatchObject([{ raw: '+54/', value: '+54/' }]);
  });
});

describe('an id that occurs more than once', () => {
  it('has every value, in order', () => {
    expect(scaledIo({ 25: [100, 32_767] })).toMatchObject([
      { id: 25, value: 1, meaning: null },
      { id: 25, value: null, meaning: 'sensor not found' },
    ]);
    expect(scaledIo({ 240: [1, 0] }, { movement: 0 })).toMatchObject([
      { id: 240, column: 'movement', value: 1 },
      { id: 240, column: 'movement', value: 0 },
    ]);
  });

  it('has a width for each of them', () => {
    expect(scaledIo({ 25: [100, 100], widths: { 25: [2, 4] } })).toMatchObject([
      { value: 1, unit: '°C' },
      { value: 100, unit: null },
    ]);
  });
});
