import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { IotBroker } from '../client/src/index.js';
import { processCpuSeconds } from './process-cpu.js';
import { processResidentBytes } from './process-memory.js';

const API_KEY = 'bench-gateway';
/** As `npm start` and the image have it. */
const NODE_FLAGS = ['--max-semi-space-size=8'];

/** The product, as its own process. */
export class Gateway {
  /** For what is asked beside a measurement, and where the client's share of it does not count. */
  readonly client: IotBroker;

  private constructor(
    private readonly child: ChildProcess,
    readonly port: number,
    /** For example http://127.0.0.1:8091/api/v1 */
    readonly apiUrl: string,
    readonly apiKey: string,
  ) {
    this.client = new IotBroker({ url: new URL(apiUrl).origin, apiKey });
  }

  /** @param databaseUrl null for the gateway's own server, in the DATA_DIR of the environment. */
  static async start(databaseUrl: string | null, cwd: string, environment: Record<string, string> = {}): Promise<Gateway> {
    const main = new URL('../src/main.js', import.meta.url).pathname;
    const flags = process.env.BENCH_GATEWAY_FLAGS?.split(' ') ?? [];
    const all = { ...baseEnvironment(databaseUrl), ...environment };
    const child = spawn(process.execPath, [...NODE_FLAGS, ...flags, main], {
      cwd,
      env: all,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const { port, apiUrl } = await new Promise<{ port: number; apiUrl: string }>((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`the gateway ended with code ${code}`)));
      let port = 0;
      createInterface({ input: child.stdout }).on('line', (line) => {
        port ||= Number(/Devices connect to port (\d+)/.exec(line)?.[1] ?? 0);
        const apiUrl = /REST API on (http:[^,]+),/.exec(line)?.[1];
        if (apiUrl !== undefined) {
          resolve({ port, apiUrl });
        }
      });
    });
    child.removeAllListeners('exit');
    return new Gateway(child, port, apiUrl, all.IOT_API_KEY);
  }

  /** Seconds of CPU since its start, user and system. Linux only. */
  cpuSeconds(): number {
    return processCpuSeconds(this.child.pid!);
  }

  /** Resident memory in bytes. Linux only. */
  residentBytes(): number {
    return processResidentBytes(this.child.pid!);
  }

  /** Batches of telemetry committed since its start. */
  async batchesCommitted(): Promise<number> {
    return Number((await this.client.stats()).telemetry?.batches);
  }

  stop(): Promise<void> {
    return this.end('SIGTERM');
  }

  /** As a crash does. */
  kill(): Promise<void> {
    return this.end('SIGKILL');
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const exited = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill(signal);
    await exited;
  }
}

function baseEnvironment(databaseUrl: string | null) {
  return {
    PATH: process.env.PATH,
    ...(databaseUrl === null ? {} : { DATABASE_URL: databaseUrl }),
    BROKER_PORT: '0',
    API_PORT: '0',
    BROKER_HOST: '127.0.0.1',
    API_HOST: '127.0.0.1',
    IOT_API_KEY: API_KEY,
    // One client and one address stand for all of them, and what the gateway can do is measured, not what it allows.
    API_RATE_LIMIT_PER_SECOND: '0',
    BROKER_MAX_CONNECTIONS_PER_ADDRESS: '0',
    BROKER_MAX_NEW_CONNECTIONS_PER_SECOND: '0',
    BROKER_MAX_LOGINS_PER_SECOND: '0',
    BROKER_MAX_FRAMES_PER_SECOND: '0',
  };
}
