import { type Draw } from './draw.js';
import { flipBits } from './mutations.js';

/** What Node.js 20 says first to a server of the name "gateway". */
const CLIENT_HELLO = Buffer.from(
  '1603010168010001640303be57fcd4751edcf4383241013978283db2299bf3a4b0f9ecbee3c80ce1d0af4b205108b88cbef3c653fad764a04d198e74' +
    '857d76d9339b258e5dbee989922eb2a50076130213031301c02fc02bc030c02c009ec0270067c028006b00a3009fcca9cca8ccaac0afc0adc0a3c09f' +
    'c05dc061c057c05300a2c0aec0acc0a2c09ec05cc060c056c052c024006ac0230040c00ac01400390038c009c01300330032009dc0a1c09dc051009c' +
    'c0a0c09cc050003d003c0035002f00ff010000a50000000c000a00000767617465776179000b000403000102000a00160014001d0017001e00190018' +
    '01000101010201030104002300000016000000170000000d002a0028040305030603080708080809080a080b08040805080604010501060103030301' +
    '0302040205020602002b00050403040303002d00020101003300260024001d0020a22bdf33945bd2d92d2696cb779070bd686f55e812ca7b32635ab9' +
    'a028e3e652',
  'hex',
);

/** The beginning of a handshake that comes to nothing. */
export function brokenHandshake(draw: Draw): Buffer {
  return draw.of([
    () => flipBits(CLIENT_HELLO, draw),
    () => CLIENT_HELLO.subarray(0, draw.integer(1, CLIENT_HELLO.length - 1)),
    () => Buffer.concat([CLIENT_HELLO, draw.bytes(draw.integer(1, 400))]),
    () => Buffer.concat([CLIENT_HELLO, CLIENT_HELLO]),
    // Records: a type, version 3.x, a length, and anything.
    () => Buffer.concat([Buffer.of(draw.integer(0x14, 0x18), 3, draw.integer(0, 4)), draw.field(2, 40), draw.bytes(40)]),
    () => draw.bytes(draw.integer(1, 300)),
  ])();
}
