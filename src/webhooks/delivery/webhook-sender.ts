import { HttpService } from '@nestjs/axios';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { type AxiosInstance } from 'axios';
import { WebhookSettings } from '../webhooks.settings.js';
import { MAX_ANSWER_BYTES } from './answer-reader.js';
import { type Attempt, type HostAnswer, type WebhookRequest } from './delivery.js';
import { type HostConnections } from './host-connections.js';
import { STORED_ANSWER_BYTES } from './settlement.js';
import { signingKeys, webhookHeaders } from './standard-webhooks.js';

/** Connections to NOTIFICATION_URL; null when it is not set. */
export const HOST_CONNECTIONS = Symbol('HOST_CONNECTIONS');
const FIXED_HEADERS = { 'content-type': 'application/json', accept: '*/*', 'user-agent': 'iot-broker' };

/** Makes one attempt: signs exactly the bytes that it sends. It never rejects, and does not interpret the answer. */
@Injectable()
export class WebhookSender implements OnApplicationShutdown {
  private readonly axios: AxiosInstance;
  private readonly keys: readonly Buffer[];
  private isAborted = false;

  constructor(
    http: HttpService,
    @Inject(HOST_CONNECTIONS) private readonly connections: HostConnections | null,
    settings: WebhookSettings,
  ) {
    this.axios = connections ? overConnections(http.axiosRef, connections) : http.axiosRef;
    this.keys = signingKeys(settings.WEBHOOK_SECRET ?? '');
  }

  get isSigning(): boolean {
    return this.keys.length > 0;
  }

  async send(request: WebhookRequest): Promise<Attempt> {
    const startedAt = performance.now();
    const answer = await this.post(request);
    return { request, answer, durationMs: performance.now() - startedAt, endedAtMs: Date.now() };
  }

  /** Cancels all requests in flight. */
  abort(): void {
    this.isAborted = true;
    this.connections?.abort();
  }

  onApplicationShutdown(): void {
    this.connections?.close();
  }

  private async post(request: WebhookRequest): Promise<HostAnswer> {
    const headers = { ...FIXED_HEADERS, ...webhookHeaders(this.keys, request, Date.now()) };
    const config = { headers, maxContentLength: request.hasResults ? MAX_ANSWER_BYTES : STORED_ANSWER_BYTES };
    const { data } = await this.axios.post<HostAnswer>(request.path, request.body, config);
    return this.isAborted && data.kind !== 'answer' ? { kind: 'aborted' } : data;
  }
}

/**
 * axios merges its defaults into every request and converts bodies by them. None of them applies here, and without them a request costs 20 us
 * less (docs/performance.md).
 */
function overConnections(axios: AxiosInstance, connections: HostConnections): AxiosInstance {
  const defaults = axios.defaults as unknown as Record<string, unknown>;
  Object.keys(defaults).forEach((name) => delete defaults[name]);
  Object.assign(defaults, { adapter: connections.adapter, headers: {} });
  return axios;
}
