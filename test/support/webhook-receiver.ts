import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A request that came, with its exact bytes. */
export interface ReceivedWebhook {
  readonly at: number;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly id: string;
  readonly text: string;
  readonly body: WebhookBody;
  /** What it was answered with; 0 while, or because, it was not. */
  status: number;
}

export interface WebhookBody {
  readonly eventId: string;
  readonly type: string;
  readonly sequence: number | null;
  readonly occurredAt: string;
  readonly imei?: string;
  readonly recordCount?: number;
  readonly entries?: readonly WebhookBody[];
  readonly [name: string]: unknown;
}

/** A status, a whole answer, or nothing at all. */
export type Reply =
  number | 'hang' | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string | Buffer };

/** The host: a real HTTP server that answers as the test sets it and keeps all that it received. */
export class WebhookReceiver {
  readonly received: ReceivedWebhook[] = [];
  connections = 0;
  /** How it answers. May look at the request. */
  reply: (request: ReceivedWebhook) => Reply | Promise<Reply> = () => 200;
  private readonly sockets = new Set<Socket>();
  private server: Server | null = null;
  private port = 0;

  static async start(): Promise<WebhookReceiver> {
    const receiver = new WebhookReceiver();
    await receiver.listen();
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** All requests that were answered with success. */
  get accepted(): ReceivedWebhook[] {
    return this.received.filter(({ status }) => status >= 200 && status < 300);
  }

  /** Events that were accepted, those in batches one by one, in the order in which they came. */
  get events(): WebhookBody[] {
    return this.accepted.flatMap(({ body }) => body.entries ?? [body]);
  }

  /** Listens, again on its port when it had one. */
  async listen(): Promise<void> {
    const server = createServer((request, response) => void this.take(request.url ?? '', request.headers, request, response));
    server.keepAliveTimeout = 60_000;
    server.on('connection', (socket) => {
      this.connections++;
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.port, '127.0.0.1', resolve);
    });
    this.port = (server.address() as AddressInfo).port;
    this.server = server;
  }

  /** Connections are refused from now on, and those there were are gone. */
  async close(): Promise<void> {
    const { server } = this;
    this.server = null;
    const closed = new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
    this.sockets.forEach((socket) => socket.destroy());
    await closed;
  }

  private async take(
    path: string,
    headers: IncomingHttpHeaders,
    stream: NodeJS.ReadableStream,
    response: ServerResponse,
  ): Promise<void> {
    const text = (await buffer(stream).catch(() => Buffer.alloc(0))).toString('utf8');
    if (text === '') {
      return;
    }
    const body = JSON.parse(text) as WebhookBody;
    const request = { at: Date.now(), path, headers, id: String(headers['webhook-id']), text, body, status: 0 };
    this.received.push(request);
    const reply = await this.reply(request);
    if (reply === 'hang' || response.destroyed) {
      return;
    }
    const answer = typeof reply === 'number' ? { status: reply } : reply;
    request.status = answer.status;
    response.writeHead(answer.status, answer.headers);
    response.end(answer.body);
  }
}
