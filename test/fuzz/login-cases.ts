import { login, uint } from '../support/frames.js';
import { type Draw } from './draw.js';

/** The first bytes of clients that are not devices. */
const STRANGERS = [
  'GET / HTTP/1.1\r\nHost: gateway\r\n\r\n',
  'SSH-2.0-OpenSSH_9.6\r\n',
  '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  '\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x03\x00\x00\x00',
  'imei:356307042441013,tracker,2611,,F,,,;',
  '*HQ,3563070424,V1,#',
];

/** A login that differs from a right one in something. */
export function wrongLogin(draw: Draw, good: Buffer): Buffer {
  const imei = good.subarray(2);
  return draw.of([
    () => Buffer.concat([uint(draw.integer(0, 65_535), 2), imei]),
    () => Buffer.concat([uint(draw.integer(0, 40), 2), draw.bytes(draw.integer(0, 40))]),
    () => Buffer.concat([uint(15, 2), draw.bytes(15)]),
    () =>
      Buffer.concat([uint(15, 2), Buffer.from(draw.of(['-00000000000001', '35630704244101 ', '\0'.repeat(15), '１２３４５']))]),
    () => good.subarray(0, draw.integer(0, good.length - 1)),
    () => Buffer.concat([good, good]),
    () => imei,
    () => login('9'.repeat(draw.integer(1, 64))),
    () => Buffer.from(draw.of(STRANGERS), 'latin1'),
  ])();
}
