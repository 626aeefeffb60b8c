import { type ServerSentEvent, ServerSentEventParser } from './server-sent-events.js';

const STREAM =
  '\uFEFFretry: 2500\n\n: a comment\n\nid: 1_1\nevent: device.connected\ndata: {"a":1}\n\n' +
  'id: 1_2\r\nevent: telemetry\r\ndata: first\r\ndata:second\r\ndata:  third\r\n\r\n' +
  'data: no type\rdata\r\rid: 1_3\n\nunknown: field\ndata: ü\n\ndata: never ended';
const EVENTS: ServerSentEvent[] = [
  { type: 'device.connected', data: '{"a":1}', id: '1_1' },
  { type: 'telemetry', data: 'first\nsecond\n third', id: '1_2' },
  { type: 'message', data: 'no type\n', id: '1_2' },
  { type: 'message', data: 'ü', id: '1_3' },
];

describe('the parser of Server-Sent Events', () => {
  it('gives the same events wherever the text is cut', () => {
    for (let cut = 0; cut <= STREAM.length; cut++) {
      const parser = new ServerSentEventParser();
      const events = [...parser.push(STREAM.slice(0, cut)), ...parser.push(STREAM.slice(cut))];
      expect([cut, events, parser.retryMs, parser.lastId]).toEqual([cut, EVENTS, 2500, '1_3']);
    }
  });

  it('gives the same events from single characters', () => {
    const parser = new ServerSentEventParser();
    expect([...STREAM].flatMap((character) => parser.push(character))).toEqual(EVENTS);
  });

  it('knows an id of a block without data, and only when the block has ended', () => {
    const parser = new ServerSentEventParser();
    expect([parser.push('id: 7_7\n'), parser.lastId]).toEqual([[], '']);
    expect([parser.push('\n'), parser.lastId]).toEqual([[], '7_7']);
  });

  it('ignores an id with NUL and a retry that is not a number', () => {
    const parser = new ServerSentEventParser();
    expect(parser.push('id: 1\n\nid: a\0b\nretry: 1e3\ndata: x\n\n')).toEqual([{ type: 'message', data: 'x', id: '1' }]);
    expect(parser.retryMs).toBeUndefined();
  });
});
