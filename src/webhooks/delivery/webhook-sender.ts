import { type Readable } from 'node:stream';
import { type ClientRequest } from 'node:http';
import { HttpService } from '@nestjs/axios';
import { Injectable } from '@nestjs/common';
import { type AxiosInstance, type AxiosRequestConfig, type AxiosResponse } from 'axios';
import { EventSettings } from '../../events/events.settings.js';
import { WebhookSettings } from '../webhooks.settings.js';
import { type Attempt, type HostAnswer, type WebhookRequest } from './delivery.js';
import { CONNECT_TIMEOUT_CODE } from './http-agents.js';
import { signingKeys, webhookHeaders } from './standard-webhooks.js';

/** This much of an answer is stored. */
const STORED_ANSWER_BYTES = 1_024;
/** The connection of a longer answer is closed. */
const MAX_ANSWER_BYTES = 65_536;
/** Errors of a connection that was never established. */
const NO_CONNECTION = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', CONNECT_TIMEOUT_CODE];

/** Makes one attempt: signs exactly the bytes that it sends. It never rejects, and does not interpret the answer. */
@Injectable()
export class WebhookSender {
  private readonly axios: AxiosInstance;
  private readonly baseUrl: string;
  private readonly keys: readonly Buffer[];
  private readonly timeoutMs: number;
  private readonly inFlight = new Set<AbortController>();
  private isAborted = false;

  constructor(http: HttpService, { NOTIFICATION_URL }: EventSettings, settings: WebhookSettings) {
    this.axios = http.axiosRef;
    this.baseUrl = (NOTIFICATION_URL ?? '').replace(/\/+$/, '');
    this.keys = signingKeys(settings.WEBHOOK_SECRET ?? '');
    this.timeoutMs = settings.WEBHOOK_TIMEOUT_SECONDS * 1_000;
  }

  get isSigning(): boolean {
    return this.keys.length > 0;
  }

  async send(request: WebhookRequest): Promise<Attempt> {
    const startedAt = performance.now();
    const answer = await this.answerOf(request);
    return { request, answer, durationMs: performance.now() - startedAt, endedAtMs: Date.now() };
  }

  /** Cancels all requests in flight. */
  abort(): void {
    this.isAborted = true;
    this.inFlight.forEach((controller) => controller.abort());
  }

  private async answerOf(request: WebhookRequest): Promise<HostAnswer> {
    const controller = new AbortController();
    this.inFlight.add(controller);
    const timer = setTimeout(() => controller.abort(), this.timeoutMs);
    try {
      return await this.exchange(request, controller.signal);
    } catch (error) {
      if (this.isAborted) {
        return { kind: 'aborted' };
      }
      return controller.signal.aborted
        ? { kind: 'unanswered', error: `no answer within ${this.timeoutMs / 1000} s` }
        : failure(error);
    } finally {
      clearTimeout(timer);
      this.inFlight.delete(controller);
    }
  }

  private async exchange(request: WebhookRequest, signal: AbortSignal): Promise<HostAnswer> {
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'iot-broker',
      ...webhookHeaders(this.keys, request, Date.now()),
    };
    const response = await this.post(this.baseUrl + request.path, request.body, { headers, signal });
    const retryAfter: unknown = response.headers['retry-after'];
    return {
      kind: 'answer',
      status: response.status,
      retryAfter: typeof retryAfter === 'string' ? retryAfter : undefined,
      text: await beginningOf(response.data),
    };
  }

  /** The host may close a kept connection at the moment of its next use: the request is then sent once more, on a new one. */
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

/** The first KB of an answer as text. The rest is read and discarded, so that the connection can be kept; when it is too long, the connection is closed. */
async function beginningOf(stream: Readable): Promise<string> {
  const stored: Buffer[] = [];
  let bytes = 0;
  return new Promise((resolve) => {
    // The status has arrived and is what counts, however the body ends.
    const end = (): void => resolve(Buffer.concat(stored).subarray(0, STORED_ANSWER_BYTES).toString('utf8'));
    stream.on('data', (chunk: Buffer) => {
      if (bytes < STORED_ANSWER_BYTES) {
        stored.push(chunk);
      }
      bytes += chunk.length;
      if (bytes > MAX_ANSWER_BYTES) {
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
