import { fileURLToPath } from 'node:url';
import { Gateway } from '../../support/gateway.js';
import { NodeProcess } from '../../support/node-process.js';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.js';
import { ConsoleBrowser, type ConsolePage, type Expected, type View } from './console-browser.js';

const SIMULATOR = fileURLToPath(new URL('../../../dist/src/simulator/main.js', import.meta.url));

export interface FixtureOptions {
  readonly env?: Record<string, string>;
  /** Simulated devices that send. 0: none. */
  readonly devices?: number;
  /** Of the gateway, from the one of the database: for a proxy between them. */
  readonly databaseUrl?: (url: string) => Promise<string>;
}

/** What a test of the console starts: a database, a gateway, a browser, and simulated devices. `stop` ends all of them. */
export class ConsoleFixture {
  private readonly pages: ConsolePage[] = [];

  private constructor(
    readonly database: TestDatabase,
    public gateway: Gateway,
    private readonly browser: ConsoleBrowser,
    private readonly simulator: NodeProcess | null,
    private readonly env: Record<string, string>,
  ) {}

  static async start({ env = {}, devices = 0, databaseUrl }: FixtureOptions = {}): Promise<ConsoleFixture> {
    const database = await createTestDatabase();
    const url = (await databaseUrl?.(database.url)) ?? database.url;
    const [gateway, browser] = await Promise.all([Gateway.start(url, env), ConsoleBrowser.start()]);
    const simulator = devices === 0 ? null : startSimulator(gateway.devicePort, devices);
    return new ConsoleFixture(database, gateway, browser, simulator, env);
  }

  async open(view?: View, expected?: Expected): Promise<ConsolePage> {
    const page = await this.browser.open(this.gateway.apiUrl, view, expected);
    this.pages.push(page);
    return page;
  }

  /** Another gateway on the same ports; the first one must have ended. */
  async startGatewayAgain(): Promise<void> {
    const { devicePort, apiUrl } = this.gateway;
    const ports = { BROKER_PORT: String(devicePort), API_PORT: new URL(apiUrl).port };
    this.gateway = await Gateway.start(this.database.url, { ...this.env, ...ports });
  }

  /** After each test. Fails when one of its pages did what it must not. */
  async closePages(): Promise<void> {
    const closed = await Promise.allSettled(this.pages.splice(0).map((page) => page.close()));
    const [failed] = closed.filter((result) => result.status === 'rejected');
    if (failed) {
      throw failed.reason;
    }
  }

  async stop(): Promise<void> {
    await this.simulator?.kill('SIGTERM');
    await this.browser.stop();
    await this.gateway.stop();
    await this.database.drop();
  }
}

function startSimulator(port: number, devices: number): NodeProcess {
  const args = [SIMULATOR, '--port', String(port), '--devices', String(devices), '--interval', '1'];
  return new NodeProcess({ args });
}
