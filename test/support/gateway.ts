import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IotBroker } from '../../client/src/index.js';
import { startGatewayProcess } from './gateway-process.js';
import { type NodeProcess, type ProcessExit } from './node-process.js';

export const API_KEY = 'a key for tests';

export interface ApiAnswer<T = Record<string, unknown>> {
  readonly status: number;
  readonly body: T;
}

/** The built gateway on a database of the test, with its ports found out. */
export class Gateway {
  /** For tests of what the gateway does. Those of statuses, headers and bytes send raw requests: `get`, `post` and `change`. */
  readonly client: IotBroker;

  private constructor(
    readonly process: NodeProcess,
    readonly devicePort: number,
    readonly apiUrl: string,
    private readonly cwd: string,
  ) {
    this.client = new IotBroker({ url: apiUrl, apiKey: API_KEY });
  }

  static async start(databaseUrl: string, env: Record<string, string> = {}): Promise<Gateway> {
    const cwd = await mkdtemp(join(tmpdir(), 'iot-broker-gateway-'));
    const process = startGatewayProcess({
      cwd,
      env: {
        DATABASE_URL: databaseUrl,
        IOT_API_KEY: API_KEY,
        // Tests ask as fast as they can; the limits have tests of their own.
        API_RATE_LIMIT_PER_SECOND: '0',
        // Many tests send wrong keys from one address.
        API_AUTH_FAILURES_PER_ADDRESS: '0',
        BROKER_PORT: '0',
        API_PORT: '0',
        BROKER_HOST: '127.0.0.1',
        API_HOST: '127.0.0.1',
        ...env,
      },
    });
    const [, port] = await process.waitForLine(/Devices connect to port (\d+)/);
    const [, url] = await process.waitForLine(/REST API on (\S+)\/api\/v1/);
    return new Gateway(process, Number(port), url ?? '', cwd);
  }

  /** GET below /api/v1, with the key unless other headers are given. */
  async get<T = Record<string, unknown>>(
    path: string,
    headers: Record<string, string> = { 'x-api-key': API_KEY },
  ): Promise<ApiAnswer<T>> {
    const response = await fetch(`${this.apiUrl}/api/v1/${path}`, { headers });
    return { status: response.status, body: (await response.json()) as T };
  }

  /** POST below /api/v1. */
  async post<T = Record<string, unknown>>(
    path: string,
    body: unknown,
    headers: Record<string, string> = {},
  ): Promise<ApiAnswer<T>> {
    const response = await fetch(`${this.apiUrl}/api/v1/${path}`, {
      method: 'POST',
      headers: { 'x-api-key': API_KEY, 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as T };
  }

  /** PUT or DELETE below /api/v1. */
  async change<T = Record<string, unknown>>(method: 'PUT' | 'DELETE', path: string, body?: unknown): Promise<ApiAnswer<T>> {
    const response = await fetch(`${this.apiUrl}/api/v1/${path}`, {
      method,
      headers: { 'x-api-key': API_KEY, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as T };
  }

  /** One section of GET stats. */
  async stats<T = Record<string, number>>(section: 'transport' | 'telemetry'): Promise<T> {
    return (await this.get<Record<string, T>>('stats')).body[section] as T;
  }

  async kill(): Promise<void> {
    await this.process.kill('SIGKILL');
    await rm(this.cwd, { recursive: true, force: true });
  }

  async stop(): Promise<ProcessExit> {
    const exit = await this.process.kill('SIGTERM');
    await rm(this.cwd, { recursive: true, force: true });
    return exit;
  }
}
