import { type AxiosAdapter } from 'axios';
import { type buildConnector as Connector, buildConnector, Client } from 'undici';
import { type HostAnswer } from './delivery.js';
import { AnswerReader, type Post } from './answer-reader.js';

const CONNECT_TIMEOUT_MS = 5_000;
/** Less than the five seconds after which Node's own servers close an idle connection. */
const IDLE_MS = 4_000;
/** What a host that has closed a kept connection causes at its next use. */
const CLOSED_BY_HOST = ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'];

/**
 * Keep-alive connections to the host, each for one request at a time. There are as many as there were requests at one time: the caller bounds them.
 * The one used last is used next, so that the others can become idle.
 */
export class HostConnections {
  private readonly origin: string;
  private readonly basePath: string;
  private readonly authorization: Record<string, string>;
  private readonly connector = buildConnector({ timeout: CONNECT_TIMEOUT_MS, allowH2: false });
  private readonly free: HostConnection[] = [];
  private readonly busy = new Set<HostConnection>();

  /** @param baseUrl of the host; paths are added to it. */
  constructor(
    baseUrl: string,
    private readonly timeoutMs: number,
  ) {
    const { origin, pathname, username, password } = new URL(baseUrl);
    this.origin = origin;
    this.basePath = pathname.replace(/\/+$/, '');
    const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    this.authorization =
      credentials === ':' ? {} : { authorization: `Basic ${Buffer.from(credentials, 'utf8').toString('base64')}` };
  }

  /** Sends the requests of an axios instance. What the host answers is in `data`, a HostAnswer; it never rejects. */
  readonly adapter: AxiosAdapter = async (config) => {
    const { url = '', headers, maxContentLength = 0 } = config;
    const all = { ...headers } as unknown as Record<string, string>;
    const answer = await this.post({ path: url, headers: all, body: config.data as string, keptBytes: maxContentLength });
    return { data: answer, status: answer.kind === 'answer' ? answer.status : 0, statusText: '', headers: {}, config };
  };

  /** Never rejects. Redirects are not followed. */
  async post({ path, headers, body, keptBytes }: Post): Promise<HostAnswer> {
    const connection = this.free.pop() ?? new HostConnection(this.origin, this.connector);
    this.busy.add(connection);
    const timer = setTimeout(() => connection.cancel(`no answer within ${this.timeoutMs / 1000} s`), this.timeoutMs);
    const post = { path: this.basePath + path, headers: { ...headers, ...this.authorization }, body, keptBytes };
    const answer = await connection.post(post);
    clearTimeout(timer);
    this.busy.delete(connection);
    this.free.push(connection);
    return answer;
  }

  /** Cancels all requests in flight. */
  abort(): void {
    this.busy.forEach((connection) => connection.cancel('the gateway is stopping'));
  }

  /** Closes the idle connections. */
  close(): void {
    this.free.forEach((connection) => connection.close());
  }
}

/** One connection, made when it is needed, and made again when the host has closed it. */
class HostConnection {
  private client: Client | null = null;
  /** The connection has brought an answer: the host may close it at the moment of its next use. */
  private isKept = false;
  private reader: AnswerReader | null = null;

  constructor(
    private readonly origin: string,
    private readonly connector: Connector.connector,
  ) {}

  async post(post: Post): Promise<HostAnswer> {
    const first = await this.exchange(post);
    // Nothing was answered: the request is sent once more, on a new connection.
    const { answer, code } = first.wasKept && CLOSED_BY_HOST.includes(first.code ?? '') ? await this.exchange(post) : first;
    this.isKept &&= code === null;
    return answer;
  }

  cancel(reason: string): void {
    this.reader?.cancel(reason);
    this.close();
  }

  close(): void {
    const { client } = this;
    this.client = null;
    // Its requests are errored by that.
    client?.destroy(null).catch(() => undefined);
  }

  private async exchange(post: Post): Promise<{ answer: HostAnswer; code: string | null; wasKept: boolean }> {
    const client = (this.client ??= this.connect());
    const wasKept = this.isKept;
    const reader = new AnswerReader(post.keptBytes);
    this.reader = reader;
    const answered = reader.answered();
    client.dispatch({ method: 'POST', ...post }, reader);
    const answer = await answered;
    this.reader = null;
    this.isKept ||= answer.kind === 'answer';
    return { answer, code: reader.errorCode, wasKept };
  }

  private connect(): Client {
    const client = new Client(this.origin, {
      connect: this.connector,
      keepAliveTimeout: IDLE_MS,
      keepAliveMaxTimeout: IDLE_MS,
      // The caller limits the time of the whole exchange.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    client.on('connect', () => (this.isKept = false));
    return client;
  }
}
