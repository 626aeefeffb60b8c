import { readdir, readFile } from 'node:fs/promises';
import { Exposition } from '../support/exposition.js';
import { API_KEY, Gateway } from '../support/gateway.js';
import { TcpProxy } from '../support/tcp-proxy.js';

const SHOWN_LINES = 60;

/** Ports and a database proxy for one gateway process at a time: a restarted gateway is reached by the same ports. */
export class GatewaySeat {
  /** Gateways that ended unexpectedly, with the end of their log. */
  readonly deaths: string[] = [];
  /** Everything every gateway of this place has said. */
  readonly logs: string[][] = [];
  private readonly asked = new Set<Gateway>();

  private constructor(
    readonly devices: TcpProxy,
    readonly database: TcpProxy,
    private readonly databaseUrl: string,
    private readonly env: Record<string, string>,
    public gateway: Gateway,
  ) {
    this.watch(gateway);
  }

  static async open(serverUrl: string, env: Record<string, string>): Promise<GatewaySeat> {
    const server = new URL(serverUrl);
    const database = await TcpProxy.to('127.0.0.1', Number(server.port));
    server.port = String(database.port);
    const gateway = await Gateway.start(server.href, env);
    return new GatewaySeat(await TcpProxy.to('127.0.0.1', gateway.devicePort), database, server.href, env, gateway);
  }

  async killAndRestart(): Promise<void> {
    this.asked.add(this.gateway);
    await this.gateway.kill();
    await this.restart();
  }

  /** Fails when the gateway does not end as one that was asked to. */
  async terminateAndRestart(): Promise<void> {
    this.asked.add(this.gateway);
    const exit = await this.gateway.stop();
    if (exit.code !== 0) {
      throw new Error(`a gateway ended with ${JSON.stringify(exit)}:\n${this.gateway.process.lines.slice(-20).join('\n')}`);
    }
    await this.restart();
  }

  /** Statements that have no connection of the pool. */
  async waitingForConnection(): Promise<number> {
    return (await this.metric('iot_broker_database_pool_waiting')) ?? NaN;
  }

  /** A value without labels. */
  async metric(name: string): Promise<number | null> {
    return (await this.metrics()).value(name);
  }

  /** How long the creation of a partition has been waiting for another transaction. */
  async partitionBlockedSeconds(): Promise<number> {
    return (await this.metrics()).value('iot_broker_partition_blocked_seconds', { change: 'create' }) ?? NaN;
  }

  async heapMegabytes(): Promise<number> {
    const { body } = await this.gateway.get<{ memoryUsage: { heapUsed: number } }>('stats');
    return body.memoryUsage.heapUsed / 1024 / 1024;
  }

  async residentMegabytes(): Promise<number> {
    const status = await readFile(`/proc/${this.gateway.process.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
  }

  async openFiles(): Promise<number> {
    return (await readdir(`/proc/${this.gateway.process.pid}/fd`)).length;
  }

  async close(): Promise<void> {
    this.asked.add(this.gateway);
    await this.gateway.kill();
    await Promise.all([this.devices.close(), this.database.close()]);
  }

  private async metrics(): Promise<Exposition> {
    const response = await fetch(`${this.gateway.apiUrl}/metrics`, { headers: { 'x-api-key': API_KEY } });
    return new Exposition(await response.text());
  }

  private async restart(): Promise<void> {
    this.gateway = await Gateway.start(this.databaseUrl, this.env);
    this.watch(this.gateway);
    this.devices.retarget(this.gateway.devicePort);
  }

  private watch(gateway: Gateway): void {
    this.logs.push(gateway.process.lines);
    const note = (how: unknown): void => {
      if (!this.asked.has(gateway)) {
        this.deaths.push(
          `a gateway ended by itself: ${JSON.stringify(how)}\n${gateway.process.lines.slice(-SHOWN_LINES).join('\n')}`,
        );
      }
    };
    void gateway.process.exit.then(note, note);
  }
}
