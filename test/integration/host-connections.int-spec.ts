import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { MAX_ANSWER_BYTES } from '../../src/webhooks/delivery/answer-reader.js';
import { HostConnections } from '../../src/webhooks/delivery/host-connections.js';
import { writeTestCertificate } from '../support/test-certificate.js';
import { waitFor } from '../support/wait-for.js';

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';
const POST = { path: '/events', headers: { 'webhook-id': 'evt_1' }, body: '{"a":"ž"}', keptBytes: 1_024 };

let ends: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  await Promise.all(ends.map((end) => end()));
  ends = [];
});

async function listen(server: Server, host = '127.0.0.1'): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  ends.push(() => {
    sockets.forEach((socket) => socket.destroy());
    return new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

function connectionsTo(url: string, timeoutMs = 10_000): HostConnections {
  const connections = new HostConnections(url, timeoutMs);
  ends.push(() => Promise.resolve(connections.close()));
  return connections;
}

/** A host that sees bytes: `answer` gets each request, numbered from 1 over all connections. */
async function rawHost(
  answer: (socket: Socket, request: number, connection: number) => void,
): Promise<{ url: string; texts: string[] }> {
  const texts: string[] = [];
  let connections = 0;
  const server = createServer((socket) => {
    const connection = ++connections;
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      texts.push(text);
      answer(socket, texts.length, connection);
    });
  });
  return { url: `http://127.0.0.1:${await listen(server)}`, texts };
}

async function httpHost(listener: RequestListener, host?: string): Promise<number> {
  return listen(createHttpServer(listener), host);
}

describe('a connection', () => {
  it('is kept for the next request, and sends the bytes as they are', async () => {
    const { url, texts } = await rawHost((socket) => socket.write(OK));
    const connections = connectionsTo(`${url}/base/`);
    for (let round = 0; round < 3; round++) {
      expect(await connections.post(POST)).toEqual({ kind: 'answer', status: 200, retryAfter: undefined, text: 'ok' });
    }
    expect(new Set(texts).size).toBe(1);
    expect(texts[0]).toMatch(/^POST \/base\/events HTTP\/1.1\r\nhost: 127.0.0.1:\d+\r\n/);
    expect(texts[0]).toContain('webhook-id: evt_1\r\n');
    expect(texts[0]).toMatch(/content-length: 10\r\n\r\n{"a":"ž"}$/);
  });

  it('that the host closes at its next use is replaced, and the request sent once more', async () => {
    const { url, texts } = await rawHost((socket, request) => (request === 2 ? socket.destroy() : socket.write(OK)));
    const connections = connectionsTo(url);
    await connections.post(POST);
    expect(await connections.post(POST)).toMatchObject({ kind: 'answer', status: 200 });
    expect(texts).toHaveLength(3);
  });

  const BEGINNING = 'HTTP/1.1 200 OK\r\ncontent-length: 90\r\n\r\n{"results":[';
  const TOO_LONG = `HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n{"results":[${' '.repeat(70_000)}`;

  it.each<[string, (socket: Socket) => unknown]>([
    ['closes the connection', (socket) => socket.end(BEGINNING)],
    ['resets the connection', (socket) => socket.write(BEGINNING, () => socket.resetAndDestroy())],
    ['stops', (socket) => socket.write(BEGINNING)],
    ['goes on for too long', (socket) => socket.write(TOO_LONG)],
  ])('whose host begins to answer and then %s has no answer where all of it is wanted, else its status', async (_how, begin) => {
    const { url, texts } = await rawHost(begin);
    const whole = await connectionsTo(url, 500).post({ ...POST, keptBytes: MAX_ANSWER_BYTES });
    expect(whole).toEqual({ kind: 'unanswered', error: expect.stringContaining('the answer has no end') as string });
    expect(await connectionsTo(url, 500).post(POST)).toMatchObject({ kind: 'answer', status: 200 });
    expect(texts).toHaveLength(2);
  });

  it.each<[string, (socket: Socket) => unknown]>([
    ['closes', (socket) => socket.end()],
    ['resets', (socket) => socket.resetAndDestroy()],
  ])('that is new and that the host %s is not tried again: the host may have acted on the request', async (_how, close) => {
    const { url, texts } = await rawHost(close);
    const answer = await connectionsTo(url).post(POST);
    expect(answer).toMatchObject({ kind: 'unanswered' });
    expect(texts).toHaveLength(1);
  });

  it('that was replaced is not replaced again by the same request', async () => {
    const { url, texts } = await rawHost((socket, request) => (request >= 2 ? socket.destroy() : socket.write(OK)));
    const connections = connectionsTo(url);
    await connections.post(POST);
    expect(await connections.post(POST)).toMatchObject({ kind: 'unanswered' });
    expect(texts).toHaveLength(3);
  });

  it('that breaks behind the status is an answer', async () => {
    const { url, texts } = await rawHost((socket) => {
      socket.write('HTTP/1.1 503 Busy\r\nretry-after: 7\r\ncontent-length: 100\r\n\r\npart');
      setImmediate(() => socket.destroy());
    });
    expect(await connectionsTo(url).post(POST)).toEqual({ kind: 'answer', status: 503, retryAfter: '7', text: 'part' });
    expect(texts).toHaveLength(1);
  });

  it('that the host closes while it is idle costs no attempt', async () => {
    const sockets: Socket[] = [];
    const { url, texts } = await rawHost((socket) => {
      sockets.push(socket);
      socket.write(OK);
    });
    const connections = connectionsTo(url);
    await connections.post(POST);
    const closed = new Promise((resolve) => sockets[0]!.once('close', resolve));
    sockets[0]!.end();
    await closed;
    expect(await connections.post(POST)).toMatchObject({ kind: 'answer' });
    expect(texts).toHaveLength(2);
  });
});

describe('an answer', () => {
  it('that is long is cut, and one that does not end is left with its connection', async () => {
    let closed = 0;
    const port = await httpHost((_request, response) => {
      response.writeHead(200);
      response.once('close', () => closed++);
      const more = (): void => {
        if (!response.destroyed) {
          response.write('x'.repeat(16_384), () => setImmediate(more));
        }
      };
      more();
    });
    const answer = await connectionsTo(`http://127.0.0.1:${port}`).post(POST);
    expect(answer).toEqual({ kind: 'answer', status: 200, retryAfter: undefined, text: 'x'.repeat(1_024) });
    await waitFor(() => closed === 1, { what: 'the connection to be closed' });
  });

  it('may have early hints before it, and a redirect is one', async () => {
    const { url, texts } = await rawHost((socket) =>
      socket.write(
        `HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\nHTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n`,
      ),
    );
    expect(await connectionsTo(url).post(POST)).toMatchObject({ kind: 'answer', status: 302 });
    expect(texts).toHaveLength(1);
  });

  it('that does not come in time is none; one whose body does not is one', async () => {
    const never = await rawHost(() => undefined);
    expect(await connectionsTo(never.url, 200).post(POST)).toEqual({ kind: 'unanswered', error: 'no answer within 0.2 s' });
    const half = await rawHost((socket) =>
      socket.write('HTTP/1.1 204 No\r\ncontent-length: 9\r\n\r\n'.replace('204 No', '202 Yes')),
    );
    const connections = connectionsTo(half.url, 200);
    expect(await connections.post(POST)).toEqual({ kind: 'answer', status: 202, retryAfter: undefined, text: '' });
    // The next request has a connection of its own.
    expect(await connections.post(POST)).toMatchObject({ status: 202 });
    expect(never.texts).toHaveLength(1);
    expect(half.texts).toHaveLength(2);
  });

  it('that is not HTTP is none', async () => {
    const { url } = await rawHost((socket) => socket.write('SSH-2.0-OpenSSH_9.9\r\n'));
    expect(await connectionsTo(url).post(POST)).toMatchObject({ kind: 'unanswered' });
  });

  it('is not waited for when the requests are cancelled', async () => {
    const { url, texts } = await rawHost(() => undefined);
    const connections = connectionsTo(url);
    const answers = Promise.all([connections.post(POST), connections.post(POST)]);
    await waitFor(() => texts.length === 2, { what: 'both requests' });
    connections.abort();
    expect(await answers).toEqual(Array.from({ length: 2 }, () => ({ kind: 'unanswered', error: 'the gateway is stopping' })));
  });
});

describe('a host', () => {
  it.each([
    ['that refuses connections', 'http://127.0.0.1:1', /ECONNREFUSED/],
    ['whose name does not exist', 'http://host.invalid', /ENOTFOUND|EAI_AGAIN/],
  ])('%s is unreachable', async (_what, url, error) => {
    const connections = connectionsTo(url);
    expect(await connections.post(POST)).toEqual({ kind: 'unreachable', error: expect.stringMatching(error) as string });
    expect(await connections.post(POST)).toMatchObject({ kind: 'unreachable' });
  });

  it('whose certificate is not valid receives nothing', async () => {
    let requests = 0;
    const folder = mkdtempSync(join(tmpdir(), 'host-'));
    ends.push(() => Promise.resolve(rmSync(folder, { recursive: true })));
    const { certificateFile, keyFile } = await writeTestCertificate(folder, 'host');
    const [cert, key] = [readFileSync(certificateFile), readFileSync(keyFile)];
    const port = await listen(createTlsServer({ key, cert }, () => requests++));
    const answer = await connectionsTo(`https://127.0.0.1:${port}`).post(POST);
    expect(answer).toEqual({ kind: 'unreachable', error: expect.stringMatching(/self.signed|certificate/i) as string });
    expect(requests).toBe(0);
  });

  it('can have an IPv6 address, and a name and a password in its URL', async () => {
    const seen: (string | undefined)[] = [];
    const port = await httpHost((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(204).end();
    }, '::1');
    expect(await connectionsTo(`http://me:p%40ss@[::1]:${port}`).post(POST)).toMatchObject({ kind: 'answer', status: 204 });
    expect(seen).toEqual([`Basic ${Buffer.from('me:p@ss').toString('base64')}`]);
  });
});
