import fc from 'fast-check';
import { Bytes } from '../../../test/fixtures/bytes.js';
import { endsWellOrWithProtocolError, protocolErrorOf } from '../../../test/fixtures/protocol-errors.js';
import { ProxyHeaderReader } from './proxy-header.js';

const SEED = 20_261_124;
const LOGIN = new Bytes().u16(15).text('356307042441013').build();
const SIGNATURE = '0D0A0D0A 000D0A51 5549540A';
const IPV4 = 'C0A80001 C0A8000B DC04 01BB';
const IPV6 = '20010DB8000000000000000000000001 20010DB8000000000000000000000002 DC04 01BB';
const UNIX = '2F746D70'.padEnd(432, '0');

const PEER = { address: '192.168.0.1', port: 56_324 };
const PEER6 = { address: '2001:db8::1', port: 56_324 };

/** A version 2 header: version and command, family and protocol, then what follows the length. */
function v2(command: number, family: number, body = ''): Buffer {
  const bytes = new Bytes().hex(body).build();
  return Buffer.concat([
    new Bytes().hex(SIGNATURE).build(),
    Buffer.of(command, family),
    new Bytes().u16(bytes.length).build(),
    bytes,
  ]);
}

function v1(line: string): Buffer {
  return Buffer.from(`${line}\r\n`, 'latin1');
}

/** A TLV; its value is zeros. */
function tlv(type: number, length: number): string {
  return Buffer.concat([Buffer.of(type, length >> 8, length & 0xff), Buffer.alloc(length)]).toString('hex');
}

const HEADERS: [string, Buffer, { address: string; port: number } | null][] = [
  // The examples of proxy-protocol.txt, section 2.1.
  ["version 1, the specification's example", v1('PROXY TCP4 192.168.0.1 192.168.0.11 56324 443'), PEER],
  [
    'version 1, its longest IPv4',
    v1('PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535'),
    { address: '255.255.255.255', port: 65_535 },
  ],
  [
    'version 1, its longest IPv6',
    v1(`PROXY TCP6 ${Array(8).fill('ffff').join(':')} ${Array(8).fill('ffff').join(':')} 65535 65535`),
    { address: Array(8).fill('ffff').join(':'), port: 65_535 },
  ],
  ['version 1, unknown in its short form', v1('PROXY UNKNOWN'), null],
  [
    'version 1, unknown in its longest form of 107 bytes',
    v1(`PROXY UNKNOWN ${Array(8).fill('ffff').join(':')} ${Array(8).fill('ffff').join(':')} 65535 65535`),
    null,
  ],
  ['version 1, unknown and anything', v1('PROXY UNKNOWN \xff\r\0 anything'), null],
  ['version 1, IPv6 in an unusual spelling', v1('PROXY TCP6 2001:0DB8:0:0::0001 ::1 56324 0'), PEER6],
  ['version 1, IPv4 within IPv6', v1('PROXY TCP6 ::ffff:192.168.0.1 ::1 56324 443'), PEER],
  // Section 2.2.
  ['version 2, TCP over IPv4', v2(0x21, 0x11, IPV4), PEER],
  ['version 2, TCP over IPv6', v2(0x21, 0x21, IPV6), PEER6],
  ['version 2, IPv4 within IPv6', v2(0x21, 0x21, `00000000000000000000FFFFC0A80001${IPV6.slice(32)}`), PEER],
  ['version 2, local', v2(0x20, 0x00), null],
  ['version 2, local with addresses, whose family is ignored', v2(0x20, 0x11, IPV4), null],
  ['version 2, local with a family that does not exist', v2(0x20, 0xff, '0102'), null],
  ['version 2, AF_UNSPEC with anything behind', v2(0x21, 0x00, IPV4), null],
  ['version 2, UDP over IPv4', v2(0x21, 0x12, IPV4), null],
  ['version 2, UDP over IPv6', v2(0x21, 0x22, IPV6), null],
  ['version 2, a UNIX socket', v2(0x21, 0x31, UNIX), null],
  ['version 2, IPv4 with a checksum, a unique id and padding', v2(0x21, 0x11, IPV4 + tlv(3, 4) + tlv(5, 128) + tlv(4, 0)), PEER],
  ['version 2, IPv6 with as many TLVs as are accepted', v2(0x21, 0x21, IPV6 + tlv(4, 4_096 - 36 - 3)), PEER6],
];

describe('a valid PROXY header', () => {
  it.each(HEADERS)('%s: is read, with its source and the bytes behind it', (_name, header, source) => {
    const read = new ProxyHeaderReader().read(Buffer.concat([header, LOGIN]));
    expect(read).toEqual({ source, rest: LOGIN });
    expect(new ProxyHeaderReader().read(header)).toEqual({ source, rest: Buffer.alloc(0) });
  });

  it.each(HEADERS)('%s: is read wherever TCP cuts it', (_name, header, source) => {
    const stream = Buffer.concat([header, LOGIN]);
    for (let cut = 0; cut < stream.length; cut++) {
      const reader = new ProxyHeaderReader();
      const first = reader.read(stream.subarray(0, cut));
      if (cut < header.length) {
        expect(first).toBeNull();
        expect(reader.read(stream.subarray(cut))).toEqual({ source, rest: LOGIN });
      } else {
        expect(first).toEqual({ source, rest: stream.subarray(header.length, cut) });
      }
    }
  });

  it.each(HEADERS)('%s: is read byte by byte', (_name, header, source) => {
    const reader = new ProxyHeaderReader();
    const reads = [...header].map((byte) => reader.read(Buffer.of(byte)));
    expect(reads.pop()).toEqual({ source, rest: Buffer.alloc(0) });
    expect(reads.every((read) => read === null)).toBe(true);
  });
});

describe('bytes that are not a PROXY header', () => {
  const REFUSED: [string, Buffer][] = [
    ["a device's login", LOGIN],
    ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\n')],
    ['the signature in small letters', v1('proxy TCP4 192.168.0.1 192.168.0.11 56324 443')],
    ['an address of three numbers', v1('PROXY TCP4 192.168.0 192.168.0.11 56324 443')],
    ['a number above 255', v1('PROXY TCP4 192.168.0.256 192.168.0.11 56324 443')],
    ['a heading zero in an address', v1('PROXY TCP4 192.168.0.01 192.168.0.11 56324 443')],
    ['a heading zero in a port', v1('PROXY TCP4 192.168.0.1 192.168.0.11 056324 443')],
    ['a port above 65535', v1('PROXY TCP4 192.168.0.1 192.168.0.11 65536 443')],
    ['a destination port above 65535', v1('PROXY TCP4 192.168.0.1 192.168.0.11 56324 99999')],
    ['a bad destination', v1('PROXY TCP4 192.168.0.1 nowhere 56324 443')],
    ['an IPv6 address called IPv4', v1('PROXY TCP4 ::1 ::1 56324 443')],
    ['an IPv4 address called IPv6', v1('PROXY TCP6 192.168.0.1 192.168.0.11 56324 443')],
    ['an address with a zone', v1('PROXY TCP6 fe80::1%eth0 ::1 56324 443')],
    ['two double colons', v1('PROXY TCP6 1::2::3 ::1 56324 443')],
    ['two spaces', v1('PROXY TCP4  192.168.0.1 192.168.0.11 56324 443')],
    ['a space at the end', v1('PROXY TCP4 192.168.0.1 192.168.0.11 56324 443 ')],
    ['no ports', v1('PROXY TCP4 192.168.0.1 192.168.0.11')],
    ['another protocol', v1('PROXY UDP4 192.168.0.1 192.168.0.11 56324 443')],
    ['a word that only begins as UNKNOWN', v1('PROXY UNKNOWNS')],
    [
      'a line feed alone at the end of the line',
      Buffer.from(`PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\n${LOGIN.toString('latin1')}\r\n`),
    ],
    ['a carriage return alone at the end of the line', Buffer.from('PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\rx\r\n')],
    ['a line of 108 bytes', v1(`PROXY UNKNOWN ${'x'.repeat(92)}`)],
    ['a line without an end', Buffer.from(`PROXY TCP4 ${'1'.repeat(96)}`)],
    ['version 1 in binary', v2(0x11, 0x11, IPV4)],
    ['version 3', v2(0x31, 0x11, IPV4)],
    ['a command that does not exist', v2(0x22, 0x11, IPV4)],
    ['a family that does not exist', v2(0x21, 0x41, IPV4)],
    ['a protocol that does not exist', v2(0x21, 0x13, IPV4)],
    ['fewer bytes than the addresses take, IPv4', v2(0x21, 0x11, IPV4.slice(2))],
    ['fewer bytes than the addresses take, IPv6', v2(0x21, 0x21, IPV4)],
    ['fewer bytes than the addresses take, UNIX', v2(0x21, 0x31, UNIX.slice(2))],
    ['more TLVs than are accepted', v2(0x21, 0x11, IPV4 + tlv(4, 4_096 - 12 - 2))],
    ['a local header of 65,535 bytes', v2(0x20, 0x00, '00'.repeat(65_535))],
  ];

  it.each(REFUSED)('are rejected, also byte by byte: %s', (_name, bytes) => {
    expect(protocolErrorOf(() => new ProxyHeaderReader().read(bytes)).code).toBe('BAD_PROXY_HEADER');
    const reader = new ProxyHeaderReader();
    const byByte = (): unknown[] => [...bytes].map((byte) => reader.read(Buffer.of(byte)));
    expect(protocolErrorOf(byByte).code).toBe('BAD_PROXY_HEADER');
  });

  it('are rejected at the first byte that no header has there', () => {
    for (const [, header] of HEADERS.slice(0, 1).concat(HEADERS.slice(8, 9))) {
      for (let position = 0; position < 5; position++) {
        const bytes = Buffer.from(header.subarray(0, position + 1));
        bytes[position] = 0xee;
        expect(protocolErrorOf(() => new ProxyHeaderReader().read(bytes))).toEqual({ code: 'BAD_PROXY_HEADER', offset: 0 });
      }
    }
  });

  it('are collected up to the longest header only', () => {
    const reader = new ProxyHeaderReader();
    expect(reader.read(Buffer.from(`PROXY UNKNOWN ${'x'.repeat(92)}`))).toBeNull();
    expect(protocolErrorOf(() => reader.read(Buffer.from('x'))).code).toBe('BAD_PROXY_HEADER');
  });
});

describe('noise instead of a PROXY header', () => {
  it('gives a header, null or a ProtocolError, and the same in two pieces', () => {
    const headers = fc.constantFrom(...HEADERS.map(([, header]) => header));
    const damaged = fc.tuple(headers, fc.nat(), fc.integer({ min: 0, max: 255 })).map(([header, position, byte]) => {
      const copy = Buffer.from(header);
      copy[position % copy.length] = byte;
      return copy;
    });
    const noise = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.oneof(damaged, noise), fc.nat(), (bytes, at) => {
        const whole = outcome([bytes]);
        const cut = at % (bytes.length + 1);
        expect(outcome([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(whole);
      }),
      { seed: SEED, numRuns: 3_000 },
    );
  });
});

/** What reading the pieces one after the other gives: the source, null for waiting, or the code of the error. */
function outcome(pieces: Buffer[]): unknown {
  const reader = new ProxyHeaderReader();
  const read = (): unknown => {
    for (const piece of pieces) {
      const header = reader.read(piece);
      if (header) {
        return header.source ?? 'no source';
      }
    }
    return 'waiting';
  };
  let result: unknown;
  const run = (): void => void (result = read());
  expect(endsWellOrWithProtocolError(run)).toBe(true);
  return result ?? 'refused';
}
