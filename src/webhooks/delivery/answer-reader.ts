import { type Dispatcher } from 'undici';
import { type HostAnswer } from './delivery.js';

/** The connection of a longer answer is closed. */
export const MAX_ANSWER_BYTES = 65_536;

export interface Post {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** This much of the answer is wanted. MAX_ANSWER_BYTES: all of it, because the text decides what the status means. */
  readonly keptBytes: number;
}

type Headers = Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>[2];

/**
 * Reads one answer: its status, and the beginning of its text. The rest is read and discarded, so that the connection can be kept. Once the status
 * has arrived it is what counts, however the body ends; but where all of the text is wanted, an answer without its end is no answer: the missing
 * part may have refused something.
 */
export class AnswerReader implements Dispatcher.DispatchHandler {
  /** Of the error that ended the exchange before its status had arrived. */
  errorCode: string | null = null;
  private readonly chunks: Buffer[] = [];
  private bytes = 0;
  private status: number | null = null;
  private retryAfter: string | undefined;
  private isSent = false;
  private cancelled: string | null = null;
  private resolve: (answer: HostAnswer) => void = () => undefined;

  constructor(private readonly keptBytes: number) {}

  answered(): Promise<HostAnswer> {
    return new Promise((resolve) => (this.resolve = resolve));
  }

  /** The connection is about to be closed by this process. */
  cancel(reason: string): void {
    this.cancelled = reason;
  }

  /** There is a connection, and the request is about to be written. */
  onRequestStart(): void {
    this.isSent = true;
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Headers): void {
    const isInformational = status < 200;
    if (!isInformational) {
      this.status = status;
      const retryAfter = headers['retry-after'];
      this.retryAfter = typeof retryAfter === 'string' ? retryAfter : undefined;
    }
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.bytes < this.keptBytes) {
      this.chunks.push(chunk);
    }
    this.bytes += chunk.length;
    if (this.bytes > MAX_ANSWER_BYTES) {
      controller.abort(new Error(`an answer of more than ${MAX_ANSWER_BYTES} bytes`));
    }
  }

  onResponseEnd(): void {
    this.end(null);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.end(error);
  }

  private end(error: Error | null): void {
    if (this.status !== null && error !== null && this.keptBytes >= MAX_ANSWER_BYTES) {
      this.resolve({ kind: 'unanswered', error: `the answer has no end: ${this.cancelled ?? textOf(error)}` });
      return;
    }
    if (this.status !== null) {
      const text = this.chunks.length === 0 ? '' : Buffer.concat(this.chunks).subarray(0, this.keptBytes).toString('utf8');
      this.resolve({ kind: 'answer', status: this.status, retryAfter: this.retryAfter, text });
      return;
    }
    this.errorCode = this.cancelled === null ? ((error as { code?: string } | null)?.code ?? '') : 'CANCELLED';
    this.resolve({ kind: this.isSent ? 'unanswered' : 'unreachable', error: this.cancelled ?? textOf(error) });
  }
}

function textOf(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  // An AggregateError of several addresses has no message of its own.
  return [code, message].filter((part) => part).join(': ') || String(error);
}
