import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { IotBroker } from './iot-broker.js';
import { type StreamEvent, type StreamOptions } from './stream.js';

const IMEI = '350612345678901';
const EVENT_STREAM = { 'content-type': 'text/event-stream' };
const UNAUTHORIZED = { success: false, error: 'Unauthorized', code: 'UNAUTHORIZED' };

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

/** A server whose connections answer in the order of `answers`; the last one is used for all further connections. */
class StreamServer {
  readonly requests: IncomingMessage[] = [];
  answers: Answer[] = [];
  private readonly server: Server = createServer((request, response) => {
    this.requests.push(request);
    const answer = this.answers[Math.min(this.requests.length, this.answers.length) - 1]!;
    answer(response, request);
  });

  async start(): Promise<void> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Path and query of each request. */
  get asked(): string[] {
    return this.requests.map(({ url = '' }) => url);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}

let server: StreamServer;

beforeEach(async () => {
  server = new StreamServer();
  await server.start();
});

afterEach(() => server.stop());

const block = (cursor: string): string =>
  `id: ${cursor}\nevent: device.connected\ndata: ${JSON.stringify({ type: 'device.connected', imei: IMEI, eventId: `evt_${cursor}` })}\n\n`;

/** Sends events and leaves the connection open, or ends it. */
const sends =
  (text: string, { ends = false } = {}): Answer =>
  (response) => {
    response.writeHead(200, EVENT_STREAM);
    response.write(text);
    if (ends) {
      response.end();
    }
  };

const refuses =
  (status: number, body: object = {}, headers: Record<string, string> = {}): Answer =>
  (response) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));

async function take(count: number, options: StreamOptions = {}): Promise<StreamEvent[]> {
  const events: StreamEvent[] = [];
  const broker = new IotBroker({ url: server.url, apiKey: 'a key' });
  for await (const event of broker.stream(options)) {
    events.push(event);
    if (events.length === count) {
      break;
    }
  }
  return events;
}

const cursorsOf = (events: readonly StreamEvent[]): string[] => events.map(({ cursor }) => cursor);

describe('a reader of the stream', () => {
  it('asks with its key and filters, and gets events with their type and cursor', async () => {
    server.answers = [sends(block('1_1') + block('1_2'))];
    const events = await take(2, { imei: [IMEI, '350612345678902'], type: ['device.connected', 'telemetry'], from: 'now' });
    expect(events[0]).toEqual({
      type: 'device.connected',
      cursor: '1_1',
      data: { type: 'device.connected', imei: IMEI, eventId: 'evt_1_1' },
    });
    expect(server.asked).toEqual([
      `/api/v1/stream?imei=${IMEI}&imei=350612345678902&type=device.connected&type=telemetry&from=now`,
    ]);
    expect(server.requests[0]?.headers).toMatchObject({ 'x-api-key': 'a key', accept: 'text/event-stream' });
  });

  it('continues behind the last event when the connection ends, after the time that the gateway has asked for', async () => {
    const pauses: number[] = [];
    server.answers = [sends(`retry: 20\n\n${block('1_1')}`, { ends: true }), sends(block('1_2'))];
    const events = await take(2, { from: 'now', imei: IMEI, onReconnect: ({ inMs }) => pauses.push(inMs) });
    expect(cursorsOf(events)).toEqual(['1_1', '1_2']);
    expect(server.asked[1]).toBe(`/api/v1/stream?imei=${IMEI}&after=1_1`);
    expect(pauses).toEqual([expect.any(Number)]);
    expect(pauses[0]).toBeGreaterThanOrEqual(10);
    expect(pauses[0]).toBeLessThanOrEqual(20);
  });

  it('continues behind the last event when the connection is cut in the middle of an event', async () => {
    server.answers = [
      (response) => {
        response.writeHead(200, EVENT_STREAM);
        response.write(`retry: 1\n\n${block('1_1')}id: 1_2\ndata: {"half":`, () => response.destroy());
      },
      sends(block('1_2')),
    ];
    expect(cursorsOf(await take(2))).toEqual(['1_1', '1_2']);
    expect(server.asked[1]).toBe('/api/v1/stream?after=1_1');
  });

  it('continues behind an id that came without an event', async () => {
    server.answers = [sends('retry: 1\nid: 4_4\n\n', { ends: true }), sends(block('4_5'))];
    await take(1, { from: 'now' });
    expect(server.asked[1]).toBe('/api/v1/stream?after=4_4');
  });

  it.each([
    ['in its data', 'event: overflow\ndata: {"cursor":"9_9"}\n\n'],
    ['as its id', 'id: 9_9\nevent: overflow\ndata: {}\n\n'],
    ['as its data', 'event: overflow\ndata: 9_9\n\n'],
  ])('continues at the cursor of an overflow, %s, which is not counted as an event', async (_where, overflow) => {
    server.answers = [sends(`retry: 1\n\n${block('1_1')}${overflow}`), sends(block('9_10'))];
    expect(cursorsOf(await take(2))).toEqual(['1_1', '9_10']);
    expect(server.asked[1]).toBe('/api/v1/stream?after=9_9');
  });

  it('waits longer after every failure, and as long as Retry-After says', async () => {
    const pauses: { inMs: number; code: string }[] = [];
    server.answers = [
      sends('retry: 8\n\n', { ends: true }),
      refuses(503, { success: false, error: 'Stopping', code: 'STOPPING' }),
      refuses(502),
      refuses(429, { success: false, error: 'Too many', code: 'RATE_LIMITED' }, { 'retry-after': '1' }),
      sends(block('1_1')),
    ];
    await take(1, {
      onReconnect: ({ error, inMs }) => pauses.push({ inMs, code: (error as { code?: string } | null)?.code ?? 'none' }),
    });
    expect(pauses.map(({ code }) => code)).toEqual(['none', 'STOPPING', 'UNEXPECTED_ANSWER', 'RATE_LIMITED']);
    const [ended, stopping, badGateway, limited] = pauses.map(({ inMs }) => inMs);
    expect([ended! <= 8, stopping! >= 8, stopping! <= 16, badGateway! >= 16, badGateway! <= 32, limited]).toEqual([
      true,
      true,
      true,
      true,
      true,
      1_000,
    ]);
  });

  it('replaces a connection that is silent for too long, and keeps one that sends comments', async () => {
    const codes: unknown[] = [];
    server.answers = [
      sends('retry: 1\n\n'),
      (response) => {
        response.writeHead(200, EVENT_STREAM);
        let comments = 0;
        const timer = setInterval(() => response.write(++comments < 8 ? ': heartbeat\n\n' : block('1_1')), 50);
        response.once('close', () => clearInterval(timer));
      },
    ];
    const onReconnect = ({ error }: { readonly error: unknown }) => codes.push((error as { code: string }).code);
    expect(cursorsOf(await take(1, { silenceMs: 250, onReconnect }))).toEqual(['1_1']);
    expect([codes, server.requests.length]).toEqual([['NETWORK'], 2]);
  });

  it.each([
    [401, UNAUTHORIZED],
    [403, { success: false, error: 'This key lacks the scope read', code: 'FORBIDDEN_SCOPE' }],
    [400, { success: false, error: 'imei must be 15 digits', code: 'INVALID_INPUT' }],
  ])('throws errors that a reconnect does not repair: %d', async (status, problem) => {
    server.answers = [refuses(status, problem, { 'x-request-id': 'request-1' })];
    await expect(take(1)).rejects.toMatchObject({
      name: 'IotBrokerError',
      status,
      code: problem.code,
      message: problem.error,
      requestId: 'request-1',
    });
    expect(server.requests.length).toBe(1);
  });

  it('throws when its key is revoked in the middle', async () => {
    server.answers = [sends(`retry: 1\n\n${block('1_1')}`, { ends: true }), refuses(401, UNAUTHORIZED)];
    await expect(take(2)).rejects.toMatchObject({ status: 401, code: 'UNAUTHORIZED' });
  });

  it('throws when what answers is not a stream', async () => {
    server.answers = [(response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>')];
    await expect(take(1)).rejects.toMatchObject({ code: 'UNEXPECTED_ANSWER', status: 200 });
  });

  it('closes its connection when the loop is left', async () => {
    server.answers = [sends(block('1_1'))];
    await take(1);
    const [request] = server.requests;
    await (request!.socket.destroyed || once(request!.socket, 'close'));
    expect(server.requests.length).toBe(1);
  });

  it.each([
    ['while it waits for an event', [sends(block('1_1'))]],
    ['while it waits to connect again', [sends(`retry: 600000\n\n${block('1_1')}`, { ends: true })]],
  ])('ends without an error when its signal is aborted %s', async (_when, answers) => {
    server.answers = answers;
    const controller = new AbortController();
    const cursors: string[] = [];
    for await (const { cursor } of new IotBroker({ url: server.url }).stream({ signal: controller.signal })) {
      cursors.push(cursor);
      setTimeout(() => controller.abort(), 50);
    }
    expect([cursors, server.requests.length]).toEqual([['1_1'], 1]);
  });

  it('does not connect with a signal that is aborted', async () => {
    expect(await take(1, { signal: AbortSignal.abort() })).toEqual([]);
    expect(server.requests).toEqual([]);
  });
});
