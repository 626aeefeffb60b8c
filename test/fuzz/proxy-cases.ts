import { uint } from '../support/frames.js';
import { type Draw } from './draw.js';
import { flipBits } from './mutations.js';

const V2_SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const LINES = [
  'PROXY TCP4 192.0.2.7 192.0.2.1 40000 9000',
  'PROXY TCP6 2001:db8::7 2001:db8::1 40000 9000',
  'PROXY UNKNOWN',
  'PROXY UNKNOWN ffff:f...f 1 2 3',
];
const WRONG_LINES = [
  'PROXY',
  'PROXY TCP4 192.0.2.7 192.0.2.1 40000',
  'PROXY TCP4 192.0.2.300 192.0.2.1 40000 9000',
  'PROXY TCP4 192.0.2.7 192.0.2.1 65536 -1',
  'PROXY TCP6 192.0.2.7 192.0.2.1 40000 9000',
  'PROXY TCP6 fe80::1%eth0 ::1 1 2',
  `PROXY TCP4 ${'1'.repeat(200)}`,
  'PROXY UDP4 192.0.2.7 192.0.2.1 40000 9000',
];

/** A header of the PROXY protocol as a balancer sends it. */
export function rightProxyHeader(draw: Draw): Buffer {
  return draw.of([
    () => Buffer.from(`${draw.of(LINES)}\r\n`),
    () => v2(0x21, 0x11, Buffer.from('c0000207c00002019c402328', 'hex')),
    () => v2(0x21, 0x21, Buffer.concat([Buffer.alloc(36, 0x20), tlv(draw, draw.integer(0, 200))])),
    () => v2(0x20, 0x00, tlv(draw, draw.integer(0, 50))),
  ])();
}

/** One that is damaged, or made by an attacker. */
export function wrongProxyHeader(draw: Draw): Buffer {
  return draw.of([
    () => flipBits(rightProxyHeader(draw), draw),
    () => Buffer.from(`${draw.of(WRONG_LINES)}\r\n`),
    () => Buffer.from(draw.of(LINES)),
    () => rightProxyHeader(draw).subarray(0, draw.integer(1, 15)),
    () => v2(draw.integer(0, 255), draw.integer(0, 255), draw.bytes(draw.integer(0, 300))),
    () => Buffer.concat([V2_SIGNATURE, Buffer.of(0x21, 0x11), draw.field(2, 12), draw.bytes(draw.integer(0, 40))]),
  ])();
}

function v2(command: number, family: number, body: Buffer): Buffer {
  return Buffer.concat([V2_SIGNATURE, Buffer.of(command, family), uint(body.length, 2), body]);
}

function tlv(draw: Draw, length: number): Buffer {
  return Buffer.concat([Buffer.of(draw.integer(0, 255)), uint(length, 2), draw.bytes(length)]);
}
