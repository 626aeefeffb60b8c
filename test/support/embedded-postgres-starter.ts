import { NodeProcess, type NodeProcessOptions } from './node-process.js';

const LAUNCHER = new URL('../../dist/src/embedded-postgres/embedded-postgres.js', import.meta.url);

/** Starts the server, says so in one line, and stops it at SIGTERM or SIGINT, as the gateway does. */
const PROGRAM = `
  const { startEmbeddedPostgres } = await import(process.env.LAUNCHER);
  try {
    const server = await startEmbeddedPostgres({ dataDir: process.env.DATA_DIR });
    for (const signal of ['SIGINT', 'SIGTERM']) {
      process.once(signal, () => void server.stop().then(() => process.exit(0)));
    }
    console.log('STARTED ' + JSON.stringify({ url: server.url, pid: server.pid, adopted: server.adopted }));
    setInterval(() => undefined, 60_000);
  } catch (error) {
    console.log('FAILED ' + JSON.stringify({ code: error.code, message: error.message }));
    process.exitCode = 1;
  }
`;

export interface StartedServer {
  url: string;
  pid: number;
  adopted: boolean;
}

export interface FailedStart {
  code: string;
  message: string;
}

/** A process that starts an embedded server from the built program, to be killed or to run as another user. */
export class EmbeddedPostgresStarter extends NodeProcess {
  /** The launcher, for a program that does more with it. */
  static readonly launcher = LAUNCHER.href;

  constructor(dataDir: string, options: Omit<NodeProcessOptions, 'args' | 'env'> = {}) {
    super({
      ...options,
      args: ['--input-type=module', '--eval', PROGRAM],
      env: { DATA_DIR: dataDir, LAUNCHER: LAUNCHER.href },
    });
  }

  async started(): Promise<StartedServer> {
    return JSON.parse((await this.waitForLine(/^STARTED (.*)$/))[1] ?? '') as StartedServer;
  }

  async failed(): Promise<FailedStart> {
    return JSON.parse((await this.waitForLine(/^FAILED (.*)$/))[1] ?? '') as FailedStart;
  }
}
