import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { waitFor } from '../support/wait-for.js';

const API_KEY = 'a key for fuzzing';
const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));
const GC_ON_SIGNAL = new URL('./gc-on-signal.js', import.meta.url).href;
const START_TIMEOUT_MS = 60_000;
const KEPT_LINES = 200;

/** What the gateway holds once its garbage is collected. */
export interface Vitals {
  readonly heapBytes: number;
  readonly externalBytes: number;
  readonly residentBytes: number;
  readonly files: number;
}

export interface GatewayPorts {
  readonly tcp: number;
  /** Null: it has none. */
  readonly tls: number | null;
  readonly udp: number | null;
}

/** The built gateway as its own process. Whatever it should never write, and its end, are kept as its faults. */
export class GatewayUnderTest {
  readonly faults: string[] = [];
  readonly lines: string[] = [];
  private vitals: Vitals | null = null;
  private apiUrl = '';
  private exited = false;
  private isStopping = false;
  private readonly exit: Promise<void>;

  private constructor(private readonly child: ChildProcess) {
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) {
        createInterface({ input: stream }).on('line', (line) => this.read(line));
      }
    }
    this.exit = new Promise((resolve) =>
      child.once('close', (code, signal) => {
        this.exited = true;
        if (!this.isStopping || code !== 0) {
          this.faults.push(`the gateway ended, code ${code}, signal ${signal}`);
        }
        resolve();
      }),
    );
  }

  static async start(cwd: string, env: Readonly<Record<string, string>>): Promise<GatewayUnderTest> {
    const { PATH = '', HOME = '' } = process.env;
    const flags = [...(process.env.GATEWAY_FLAGS?.split(' ') ?? []), '--expose-gc', '--import', GC_ON_SIGNAL];
    const child = spawn(process.execPath, [...flags, MAIN], {
      cwd,
      env: {
        PATH,
        HOME,
        LOG_FORMAT: 'json',
        IOT_API_KEY: API_KEY,
        BROKER_PORT: '0',
        API_PORT: '0',
        BROKER_HOST: '127.0.0.1',
        API_HOST: '127.0.0.1',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const gateway = new GatewayUnderTest(child);
    const url = await waitFor(() => gateway.find(/REST API on (\S+)\/api\/v1/) ?? gateway.exited, {
      timeoutMs: START_TIMEOUT_MS,
      what: 'the gateway to start',
    });
    if (typeof url !== 'string') {
      throw new Error(`the gateway did not start:\n${gateway.lines.join('\n')}`);
    }
    gateway.apiUrl = `${url}/api/v1`;
    return gateway;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get hasEnded(): boolean {
    return this.exited;
  }

  get ports(): GatewayPorts {
    const port = (pattern: RegExp): number | null => Number(this.find(pattern)) || null;
    return {
      tcp: port(/Devices connect to port (\d+)/) ?? 0,
      tls: port(/Devices with TLS connect to port (\d+)/),
      udp: port(/Devices .*UDP.* port (\d+)/),
    };
  }

  /** The section `transport` of GET stats. */
  async stats(): Promise<TransportFigures> {
    const response = await fetch(`${this.apiUrl}/stats`, { headers: { 'x-api-key': API_KEY } });
    return ((await response.json()) as { transport: TransportFigures }).transport;
  }

  async metrics(): Promise<string> {
    return (await fetch(new URL('/metrics', this.apiUrl), { headers: { 'x-api-key': API_KEY } })).text();
  }

  /** Lets a device in where only registered ones may talk. */
  async register(imei: string): Promise<void> {
    const response = await fetch(`${this.apiUrl}/registered-devices/${imei}`, {
      method: 'PUT',
      headers: { 'x-api-key': API_KEY, 'content-type': 'application/json' },
      body: '{}',
    });
    if (!response.ok) {
      throw new Error(`the registration of ${imei} was answered with ${response.status}`);
    }
  }

  async collectGarbage(): Promise<Vitals> {
    this.vitals = null;
    this.child.kill('SIGUSR2');
    return waitFor(() => this.vitals ?? (this.exited && dead()), {
      timeoutMs: 30_000,
      what: 'the gateway to collect its garbage',
    });
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    this.child.kill('SIGTERM');
    await this.exit;
  }

  private find(pattern: RegExp): string | undefined {
    return this.lines.map((line) => pattern.exec(line)?.[1]).find((match) => match !== undefined);
  }

  /** A gateway at peace with its devices says what it has to say as JSON, at no level above warn. */
  private read(line: string): void {
    if (line.startsWith('VITALS ')) {
      this.vitals = JSON.parse(line.slice('VITALS '.length)) as Vitals;
      return;
    }
    if (this.lines.length < KEPT_LINES) {
      this.lines.push(line);
    }
    const level = /^\{"level":"(\w+)"/.exec(line)?.[1];
    if (
      level === undefined ||
      level === 'error' ||
      level === 'fatal' ||
      /\b\w*(Type|Range|Reference|Assertion)Error\b|Unhandled/.test(line)
    ) {
      this.faults.push(`the gateway wrote: ${line}`);
    }
  }
}

export interface TransportFigures {
  readonly connections: number;
  readonly bytesInFlight: number;
  readonly disconnects: Readonly<Record<string, number>>;
  readonly rejected: Readonly<Record<string, number>>;
  readonly [counter: string]: unknown;
}

function dead(): never {
  throw new Error('the gateway has ended');
}
