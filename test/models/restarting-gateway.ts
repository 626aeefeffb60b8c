import { API_KEY, Gateway } from '../support/gateway.js';
import { type Outage } from './command-scenarios.js';

export interface CommandAnswer {
  readonly status: number;
  readonly body: { commandLogId?: string; code?: string; command?: { status: string; reason: string | null } };
}

/** The gateway under test: every restart gives it a new process with new ports. */
export class RestartingGateway {
  isUp = true;

  private constructor(
    private current: Gateway,
    private readonly databaseUrl: string,
    private readonly settings: Record<string, string>,
  ) {}

  static async start(databaseUrl: string, settings: Record<string, string>): Promise<RestartingGateway> {
    return new RestartingGateway(await Gateway.start(databaseUrl, settings), databaseUrl, settings);
  }

  get devicePort(): number {
    return this.current.devicePort;
  }

  async restart(how: Outage['how']): Promise<void> {
    this.isUp = false;
    await (how === 'kill' ? this.current.kill() : this.current.stop());
    this.current = await Gateway.start(this.databaseUrl, this.settings);
    this.isUp = true;
  }

  async stop(): Promise<void> {
    await this.current.stop();
  }

  /** POST below /api/v1. Returns null when the gateway ended before it answered. */
  async post(path: string, body?: unknown, headers: Record<string, string> = {}): Promise<CommandAnswer | null> {
    const { apiUrl } = this.current;
    try {
      const response = await fetch(`${apiUrl}/api/v1/${path}`, {
        method: 'POST',
        headers: { 'x-api-key': API_KEY, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(20_000),
      });
      return { status: response.status, body: (await response.json()) as CommandAnswer['body'] };
    } catch (error) {
      if (this.isUp && this.current.apiUrl === apiUrl) {
        throw new Error(`POST ${path} got no answer`, { cause: error });
      }
      return null;
    }
  }

  /** True after two requests: the event loop has then read all bytes that were sent before the call. */
  async hasReadSockets(): Promise<boolean> {
    try {
      return (await this.current.get('stats')).status === 200 && (await this.current.get('stats')).status === 200;
    } catch {
      return false;
    }
  }
}
