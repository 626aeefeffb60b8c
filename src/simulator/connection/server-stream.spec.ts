import { encodeAcknowledgement } from '../../protocol/frame-encoder.js';
import { encodeCodec12Command, encodeCodec14Command } from '../../protocol/message.js';
import { ProtocolError } from '../../protocol/protocol-error.js';
import { ServerStream } from './server-stream.js';

const ACCEPTED = Buffer.of(1);
const GETINFO = encodeCodec12Command('getinfo');
const GETIO = encodeCodec14Command('352093081452251', 'getio');

/** The items that were read, as texts. */
function readAll(stream: ServerStream): string[] {
  const words: string[] = [];
  for (let item = stream.next(); item !== null; item = stream.next()) {
    if (item.kind === 'message') {
      words.push(`codec ${item.frame.codec}`);
    } else {
      words.push(item.kind === 'login' ? `login ${item.isAccepted}` : `ack ${item.count}`);
    }
  }
  return words;
}

function loggedIn(): ServerStream {
  const stream = new ServerStream();
  stream.push(ACCEPTED);
  stream.next();
  return stream;
}

describe('ServerStream', () => {
  it('reads the same items wherever TCP has cut them', () => {
    const bytes = Buffer.concat([ACCEPTED, encodeAcknowledgement(3), GETINFO, GETIO, encodeAcknowledgement(255), GETINFO]);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const stream = new ServerStream();
      stream.push(bytes.subarray(0, cut));
      const first = readAll(stream);
      stream.push(bytes.subarray(cut));
      expect([...first, ...readAll(stream)]).toEqual(['login true', 'ack 3', 'codec 12', 'codec 14', 'ack 255', 'codec 12']);
    }
  });

  it('reads a refused login', () => {
    const stream = new ServerStream();
    stream.push(Buffer.of(0));
    expect(readAll(stream)).toEqual(['login false']);
  });

  it('reads four zeros as an acknowledgement of 0 when no frame follows', () => {
    for (const next of [encodeAcknowledgement(0), encodeAcknowledgement(3), encodeAcknowledgement(200), GETINFO]) {
      const stream = loggedIn();
      stream.push(Buffer.concat([encodeAcknowledgement(0), next, GETIO]));
      expect(readAll(stream)[0]).toBe('ack 0');
      expect(readAll(stream)).toEqual([]);
      expect(stream.isUndecided).toBe(false);
    }
  });

  it('returns nothing for four zeros alone until settle is called', () => {
    const stream = loggedIn();
    stream.push(encodeAcknowledgement(0));
    expect(readAll(stream)).toEqual([]);
    expect(stream.isUndecided).toBe(true);
    expect(stream.settle()).toEqual({ kind: 'acknowledgement', count: 0 });
    expect([stream.isUndecided, stream.settle()]).toEqual([false, null]);
  });

  it('does not settle a part of a command', () => {
    const stream = loggedIn();
    stream.push(GETINFO.subarray(0, 12));
    expect([readAll(stream), stream.settle()]).toEqual([[], null]);
    stream.push(GETINFO.subarray(12));
    expect(readAll(stream)).toEqual(['codec 12']);
  });

  it('stays synchronized after a command with a wrong CRC', () => {
    const damaged = Buffer.from(GETINFO);
    damaged.writeUInt8(damaged.readUInt8(damaged.length - 1) ^ 1, damaged.length - 1);
    const stream = loggedIn();
    stream.push(Buffer.concat([damaged, encodeAcknowledgement(3)]));
    expect(() => stream.next()).toThrow(ProtocolError);
    expect(readAll(stream)).toEqual(['ack 3']);
  });
});
