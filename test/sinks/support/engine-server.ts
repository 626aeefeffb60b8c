import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ChildProgram } from '../../support/child-program.js';

const START_TIMEOUT_MS = 60_000;

export interface EngineProgram {
  readonly program: string;
  readonly args: string[];
  /** The line that it writes when clients can connect. */
  readonly ready: RegExp;
}

/**
 * A real server of an engine on loopback. It keeps its port and its folder until `stop`, so that after `kill` and `start` it has what it had written
 * to its disk.
 */
export class EngineServer {
  private process: ChildProgram | null = null;

  private constructor(
    readonly folder: string,
    /** Clients connect here, on 127.0.0.1. */
    readonly port: number,
    private readonly program: EngineProgram,
  ) {}

  static async start(
    name: string,
    port: number,
    prepare: (folder: string) => EngineProgram | Promise<EngineProgram>,
  ): Promise<EngineServer> {
    const folder = await mkdtemp(join(tmpdir(), `iot-broker-${name}-`));
    const server = new EngineServer(folder, port, await prepare(folder));
    await server.start();
    return server;
  }

  /** Every line that the present process has written. */
  get lines(): readonly string[] {
    return this.running.lines;
  }

  /** Resolves when clients can connect. */
  async start(): Promise<void> {
    const { program, args, ready } = this.program;
    this.process = new ChildProgram({ program, args, cwd: this.folder });
    await this.process.waitForLine(ready, START_TIMEOUT_MS);
  }

  /** kill -9. The folder stays. */
  async kill(): Promise<void> {
    await this.running.kill('SIGKILL');
    this.process = null;
  }

  /** kill -9, and the start that follows it at once. */
  async restart(): Promise<void> {
    await this.kill();
    await this.start();
  }

  signal(signal: NodeJS.Signals): void {
    process.kill(this.running.pid, signal);
  }

  /** Ends it, and removes its folder. */
  async stop(): Promise<void> {
    await this.process?.kill('SIGKILL');
    this.process = null;
    await rm(this.folder, { recursive: true, force: true });
  }

  private get running(): ChildProgram {
    if (this.process === null) {
      throw new Error('the server is not running');
    }
    return this.process;
  }
}
