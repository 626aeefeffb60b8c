import { type ValidationError } from '@nestjs/common';
import { inputReasons } from './problem.filter.js';

function refused(property: string, constraints: Record<string, string>, children: ValidationError[] = []): ValidationError {
  return { property, constraints, children };
}

describe('the reasons why input is refused', () => {
  it('say of a wrong type only that', () => {
    const limits = { max: 'limit must be at most 9', min: 'limit must be at least 1' };
    expect(inputReasons([refused('limit', { ...limits, isInt: 'limit must be a whole number' })])).toEqual([
      'limit must be a whole number',
    ]);
    expect(inputReasons([refused('limit', limits)])).toEqual(Object.values(limits));
  });

  it('say nothing twice', () => {
    const wrong = refused('imei', { matches: 'imei must be 15 digits' });
    expect(inputReasons([refused('devices', {}, [refused('0', {}, [wrong]), refused('1', {}, [wrong])])])).toEqual([
      'imei must be 15 digits',
    ]);
  });

  it('cut a long name of what is not known', () => {
    const [reason] = inputReasons([refused('x'.repeat(5_000), { whitelistValidation: 'property should not exist' })]);
    expect(reason).toBe(`${'x'.repeat(100)}... is not a parameter or field of this request`);
  });

  it('name what is not known', () => {
    expect(inputReasons([refused('colour', { whitelistValidation: 'property colour should not exist' })])).toEqual([
      'colour is not a parameter or field of this request',
    ]);
  });
});
