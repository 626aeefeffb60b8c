import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type AddressInfo, type Server as NetServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type BeforeApplicationShutdown, Injectable, Logger, NotFoundException } from '@nestjs/common';
import { ProcessSettings } from '../../platform/config/settings.js';
import { TeltonikaServer } from '../../transport/teltonika-server.js';
import { ConsoleSettings } from '../console.settings.js';

const SIMULATOR = fileURLToPath(new URL('../../simulator/main.js', import.meta.url));
const INTERVAL_SECONDS = 2;
/** Between SIGTERM and SIGKILL. The simulator does not wait for records that were not sent. */
const STOP_MS = 3_000;
const ANY_ADDRESS = ['0.0.0.0', '::'];

export interface SimulatorState {
  readonly running: boolean;
  /** Simulated devices. 0 while it does not run. */
  readonly devices: number;
  readonly startedAt: Date | null;
}

const STOPPED: SimulatorState = { running: false, devices: 0, startedAt: null };

/**
 * The fleet simulator as a process beside this instance, for those who have no device yet. It ends with the gateway: by SIGTERM at a shutdown, and by the end of
 * its IPC channel when the gateway is killed.
 */
@Injectable()
export class SimulatorProcess implements BeforeApplicationShutdown {
  private readonly logger = new Logger('Simulator');
  private running: { readonly child: ChildProcess; readonly state: SimulatorState } | null = null;

  constructor(
    private readonly process: ProcessSettings,
    private readonly settings: ConsoleSettings,
    private readonly server: TeltonikaServer,
  ) {}

  /** Never in production: simulated records would stand among those of real devices. */
  get isOffered(): boolean {
    const { CONSOLE_ENABLED, CONSOLE_SIMULATOR } = this.settings;
    return this.process.NODE_ENV !== 'production' && CONSOLE_ENABLED && CONSOLE_SIMULATOR && existsSync(SIMULATOR);
  }

  get state(): SimulatorState {
    return this.running?.state ?? STOPPED;
  }

  /** Throws NotFoundException. */
  requireOffered(): void {
    if (!this.isOffered) {
      throw new NotFoundException();
    }
  }

  /** Has no effect while it runs. */
  start(devices: number): SimulatorState {
    if (this.running) {
      return this.running.state;
    }
    const child = fork(SIMULATOR, this.args(devices), { env: {}, execArgv: [], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    const state = { running: true, devices, startedAt: new Date() };
    this.running = { child, state };
    child.stderr?.on('data', (text: Buffer) => this.logger.warn(text.toString().trim()));
    child.on('error', (error) => this.logger.error(error));
    child.once('close', () => this.ended(child));
    this.logger.log(`${devices} simulated devices send to this gateway`);
    return state;
  }

  /** Resolves when it has ended. */
  async stop(): Promise<void> {
    const child = this.running?.child;
    if (!child) {
      return;
    }
    const ended = once(child, 'close');
    child.kill('SIGTERM');
    const deadline = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await ended;
    clearTimeout(deadline);
  }

  /** Before the device port closes: the simulator would report that it is gone. */
  beforeApplicationShutdown(): Promise<void> {
    return this.stop();
  }

  private args(devices: number): string[] {
    const { address, port } = this.server.unwrap<NetServer>().address() as AddressInfo;
    const host = ANY_ADDRESS.includes(address) ? '127.0.0.1' : address;
    const options = { host, port, devices, interval: INTERVAL_SECONDS, records: 1, drain: 0, 'reconnect-scale': 1 };
    return ['--quiet', ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)])];
  }

  private ended(child: ChildProcess): void {
    if (this.running?.child === child) {
      this.running = null;
      this.logger.log('The simulated devices have stopped');
    }
  }
}
