const PREFIX_DIGITS = 14;

/**
 * The IMEI of device `index`: the first 14 digits of the base plus the index, then the Luhn check digit that belongs to them.
 * The base's own last digit is not looked at. Base 350612000000000 gives 350612000000008, 350612000000016, 350612000000024, ...
 */
export function deviceImei(base: string, index: number): string {
  const prefix = (BigInt(base.slice(0, PREFIX_DIGITS)) + BigInt(index)).toString().padStart(PREFIX_DIGITS, '0');
  if (prefix.length > PREFIX_DIGITS) {
    throw new RangeError(`IMEI base ${base} leaves no room for device ${index}`);
  }
  return `${prefix}${luhnDigit(prefix)}`;
}

/** Every second digit from the right counts double, the digit sum of the double that is; the check digit fills up to ten. */
function luhnDigit(digits: string): number {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i]);
    const doubled = digit * 2;
    sum += i % 2 === 1 ? digit : doubled - (doubled > 9 ? 9 : 0);
  }
  return (10 - (sum % 10)) % 10;
}
