import { type Readable } from 'node:stream';
import { type ClientRequest } from 'node:http';
import { HttpService } from '@nestjs/axios';
import { Injectable } from '@nestjs/common';
import { type AxiosInstance, type AxiosRequestConfig, type AxiosResponse } from 'axios';
import { EventSettings } from '../../events/events.settings.js';
import { WebhookSettings } from '../webhooks.settings.js';
import { type HostAnswer } from './judgement.js';
import { CONNECT_TIMEOUT_CODE } from './kept-alive-agents.js';
import { signatureOf, signingKeys } from './signature.js';
import { type WebhookRequest } from './webhook-request.js';

/** Of an answer, this much is kept ... */
const KEPT_ANSWER_BYTES = 1_024;
/** ... and more than this is not even read. */
const MOST_ANSWER_BYTES = 65_536;
/** What a connection ends with that was never made. */
const NO_CONNECTION = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', CONNECT_TIMEOUT_CODE];

/** Makes one attempt: signs exactly the bytes it sends, and never throws. What the answer means is judged elsewhere. */
@Injectable()
export class WebhookSender {
  private readonly axios: AxiosInstance;
  private readonly baseUrl: string;
  private readonly keys: readonly Buffer[];
  private readonly timeoutMs: number;
  private readonly attempts = new Set<AbortController>();

  constructor(http: HttpService, { NOTIFICATION_URL }: EventSettings, settings: WebhookSettings) {
    this.axios = http.axiosRef;
    this.baseUrl = (NOTIFICATION_URL ?? '').replace(/\/+$/, '');
    this.keys = signingKeys(settings.WEBHOOK_SECRET ?? '');
    this.timeoutMs = settings.WEBHOOK_TIMEOUT_SECONDS * 1_000;
  }

  get isSigning(): boolean {
    return this.keys.length > 0;
  }

  async send(request: WebhookRequest): Promise<HostAnswer> {
    const attempt = new AbortController();
    this.attempts.add(attempt);
    const timer = setTimeout(() => attempt.abort(), this.timeoutMs);
    try {
      return await this.attempt(request, attempt.signal);
    } catch (error) {
      return attempt.signal.aborted
        ? { kind: 'unanswered', error: `no answer within ${this.timeoutMs / 1000} s` }
        : failure(error);
    } finally {
      clearTimeout(timer);
      this.attempts.delete(attempt);
    }
  }

  /** Ends all that are on their way. */
  abort(): void {
    this.attempts.forEach((attempt) => attempt.abort());
  }

  private async attempt({ id, path, body }: WebhookRequest, signal: AbortSignal): Promise<HostAnswer> {
    const timestamp = Math.floor(Date.now() / 1000);
    const headers: Record<string, string> = {
      'content-type': 'application/json',
      'user-agent': 'iot-broker',
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
    };
    if (this.isSigning) {
      headers['webhook-signature'] = signatureOf(this.keys, id, timestamp, body);
    }
    const response = await this.post(this.baseUrl + path, body, { headers, signal });
    const retryAfter: unknown = response.headers['retry-after'];
    return {
      kind: 'answer',
      status: response.status,
      retryAfter: typeof retryAfter === 'string' ? retryAfter : undefined,
      text: await beginningOf(response.data),
    };
  }

  /** A kept connection may end in the moment it is used again: the request goes out once more, by a new one. */
  private async post(url: string, body: string, config: AxiosRequestConfig): Promise<AxiosResponse<Readable>> {
    try {
      return await this.axios.post<Readable>(url, body, config);
    } catch (error) {
      const { code, request } = error as { code?: string; request?: ClientRequest };
      if (code === 'ECONNRESET' && request?.reusedSocket === true) {
        return this.axios.post<Readable>(url, body, config);
      }
      throw error;
    }
  }
}

/** The first KB of an answer as text. The rest is read and forgotten, so that the connection can be kept; of too much of it, the connection is given up. */
async function beginningOf(stream: Readable): Promise<string> {
  const kept: Buffer[] = [];
  let bytes = 0;
  return new Promise((resolve) => {
    // The status has come and decides, however the body ends.
    const end = (): void => resolve(Buffer.concat(kept).subarray(0, KEPT_ANSWER_BYTES).toString('utf8'));
    stream.on('data', (chunk: Buffer) => {
      if (bytes < KEPT_ANSWER_BYTES) {
        kept.push(chunk);
      }
      bytes += chunk.length;
      if (bytes > MOST_ANSWER_BYTES) {
        stream.destroy();
      }
    });
    stream.once('end', end);
    stream.once('error', end);
    stream.once('close', end);
  });
}

function failure(error: unknown): HostAnswer {
  const { code, message } = error as { code?: string; message?: string };
  // An AggregateError of several addresses has no message of its own.
  const text = [code, message].filter((part) => part).join(': ') || String(error);
  return { kind: NO_CONNECTION.includes(code ?? '') ? 'unreachable' : 'unanswered', error: text };
}
