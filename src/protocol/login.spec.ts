import { Bytes } from '../../test/fixtures/bytes.js';
import { bytesOf, goodVectors } from '../../test/fixtures/official-vectors.js';
import { protocolErrorOf } from '../../test/fixtures/protocol-errors.js';
import { decodeLogin, encodeLogin, skipKeepAlives, LOGIN_ACCEPTED, LOGIN_REFUSED } from './login.js';

const IMEI = '356307042441013';
const LOGIN = new Bytes().u16(15).text(IMEI).build();

describe('decodeLogin', () => {
  it.each(goodVectors(['login']))('reads $name', (vector) => {
    expect(decodeLogin(bytesOf(vector))).toEqual({ imei: vector.name.slice(-15), bytesRead: 17 });
  });

  it('returns null for every part of a login, also for no bytes', () => {
    for (let length = 0; length < LOGIN.length; length++) {
      expect(decodeLogin(LOGIN.subarray(0, length))).toBeNull();
    }
  });

  it('does not read the bytes behind the login', () => {
    const withPing = Buffer.concat([LOGIN, Buffer.of(0xff)]);
    expect(decodeLogin(withPing)).toEqual({ imei: IMEI, bytesRead: 17 });
  });

  it.each([
    ['a first byte that is not 0', '01', 0],
    ['an HTTP request', Buffer.from('GET / HTTP/1.1').toString('hex'), 0],
    ['a TLS client hello', '160301', 0],
    ['a length of 14', '000E', 1],
    ['a length of 16', '0010', 1],
    ['a frame before the login', '00000000', 1],
    ['a letter as the first digit', '000F61', 2],
    ['the character before "0"', '000F2F', 2],
    ['the character after "9"', '000F3A', 2],
    ['a NUL as the last digit', `000F${'39'.repeat(14)}00`, 16],
  ])('rejects %s as soon as it arrives', (_what, hex, offset) => {
    const bytes = Buffer.from(hex, 'hex');
    expect(protocolErrorOf(() => decodeLogin(bytes))).toEqual({ code: 'BAD_LOGIN', offset });
    expect(decodeLogin(bytes.subarray(0, offset))).toBeNull();
  });
});

describe('skipKeepAlives', () => {
  it.each([
    ['', ''],
    ['ff', ''],
    ['ffffff', ''],
    ['ff000f', '000f'],
    ['ffff00ff', '00ff'],
    ['000fff', '000fff'],
  ])('of %s returns %s', (bytes, rest) => {
    expect(skipKeepAlives(Buffer.from(bytes, 'hex')).toString('hex')).toBe(rest);
  });
});

describe('encodeLogin', () => {
  it.each(goodVectors(['login']))('writes the bytes of $name', (vector) => {
    expect(encodeLogin(vector.name.slice(-15))).toEqual(bytesOf(vector));
  });

  it.each(['', '35630704244101', '3563070424410133', '35630704244101x', '٣'.repeat(15)])('rejects %j', (imei) => {
    expect(() => encodeLogin(imei)).toThrow(RangeError);
  });
});

it('answers a login with one byte: 1 accepts, 0 refuses', () => {
  expect([LOGIN_ACCEPTED, LOGIN_REFUSED]).toEqual([1, 0]);
});
