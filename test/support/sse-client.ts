import { type ClientRequest, get, type IncomingMessage } from 'node:http';
import { waitFor } from './wait-for.js';

export interface SseMessage {
  readonly id: string;
  readonly event: string;
  readonly data: string;
  readonly receivedAt: number;
}

export interface SseOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly lastEventId?: string;
  /** Called for every message, in place of keeping it. */
  readonly onMessage?: (message: SseMessage) => void;
}

/** A client of a stream, as the HTML standard describes it ("Server-sent events", parsing and interpreting). It does not connect again. */
export class SseClient {
  readonly messages: SseMessage[] = [];
  readonly comments: string[] = [];
  readonly retries: number[] = [];
  /** Of the last block that ended, also of one without data. */
  lastEventId = '';
  isEnded = false;
  private rest = '';
  private block = { id: '', event: '', data: [] as string[] };

  private constructor(
    private readonly request: ClientRequest,
    readonly response: IncomingMessage,
    private readonly options: SseOptions,
  ) {
    response.setEncoding('utf8');
    response.on('data', (text: string) => this.push(text));
    response.on('error', () => undefined);
    response.once('close', () => (this.isEnded = true));
  }

  /** Resolves with the headers. Whatever the status is. */
  static async open(url: string, options: SseOptions = {}): Promise<SseClient> {
    const { headers = {}, lastEventId } = options;
    return new Promise((resolve, reject) => {
      const sent = { ...headers, ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }) };
      const request = get(url, { headers: sent, agent: false });
      request.once('response', (response) => {
        const client = new SseClient(request, response, options);
        client.block.id = lastEventId ?? '';
        client.lastEventId = lastEventId ?? '';
        resolve(client);
      });
      request.on('error', reject);
    });
  }

  get status(): number {
    return this.response.statusCode ?? 0;
  }

  /** What has arrived and is no stream: the body of an error. */
  get text(): string {
    return this.rest;
  }

  /** The messages, once there are `count`. */
  async received(count: number, timeoutMs = 30_000): Promise<readonly SseMessage[]> {
    await waitFor(() => this.messages.length >= count, { timeoutMs, what: `${count} messages of ${this.messages.length}` });
    return this.messages;
  }

  async ended(timeoutMs = 30_000): Promise<void> {
    await waitFor(() => this.isEnded, { timeoutMs, what: 'the stream to end' });
  }

  /** Stops reading: the socket's buffers fill up. */
  pause(): void {
    this.response.pause();
  }

  resume(): void {
    this.response.resume();
  }

  close(): void {
    this.request.destroy();
  }

  private push(text: string): void {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() ?? '';
    lines.forEach((line) => this.line(line));
  }

  private line(line: string): void {
    if (line === '') {
      this.dispatch();
      return;
    }
    const [, field = '', value = ''] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
    switch (field) {
      case '':
        this.comments.push(value);
        break;
      case 'id':
        this.block.id = value;
        break;
      case 'event':
        this.block.event = value;
        break;
      case 'data':
        this.block.data.push(value);
        break;
      case 'retry':
        this.retries.push(Number(value));
        break;
    }
  }

  private dispatch(): void {
    const { id, event, data } = this.block;
    this.lastEventId = id;
    this.block = { id, event: '', data: [] };
    if (data.length > 0) {
      const message = { id, event, data: data.join('\n'), receivedAt: performance.now() };
      (this.options.onMessage ?? ((each) => this.messages.push(each)))(message);
    }
  }
}
