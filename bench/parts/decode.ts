import { benchDecode } from '../decode.js';
import { atLeast } from '../figure.js';
import { type Part } from '../part.js';

export const decodePart: Part = {
  name: 'decode',
  byDefault: true,
  async measure() {
    const { recordsPerSecond } = await benchDecode();
    const name = 'decode, codec 8E, 24 IO elements, one core';
    return [{ name, value: recordsPerSecond, unit: 'records/s', goal: atLeast(300_000) }];
  },
};
