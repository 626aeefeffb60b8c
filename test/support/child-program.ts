import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { waitFor } from './wait-for.js';

const SHOWN_LINES = 30;
const KILL_AFTER_MS = 5_000;

export interface ProgramOptions {
  /** A path, or a name that PATH finds. */
  program: string;
  args: string[];
  cwd?: string;
  /** The whole environment, but for PATH and HOME. */
  env?: Record<string, string>;
  /** Run as another user (root only). */
  uid?: number;
  gid?: number;
  /** Lead a process group of its own, as a command in a terminal does. */
  detached?: boolean;
}

export interface ProcessExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A program as a child process. One that a test file leaves behind is ended after the file's last test. */
export class ChildProgram {
  /** Every line of stdout and stderr so far, in the order they came. */
  readonly lines: string[] = [];
  /** Resolves when it has ended and all it wrote has been read. */
  readonly exit: Promise<ProcessExit>;
  private readonly child: ChildProcess;
  private ended: ProcessExit | undefined;

  constructor({ program, args, cwd, env = {}, ...options }: ProgramOptions) {
    const { PATH = '', HOME = '' } = process.env;
    this.child = spawn(program, args, {
      ...options,
      cwd,
      env: { PATH, HOME, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      if (stream) {
        createInterface({ input: stream }).on('line', (line) => this.lines.push(line));
      }
    }
    this.exit = new Promise((resolve, reject) => {
      this.child.once('error', reject);
      this.child.once('close', (code, signal) => {
        this.ended = { code, signal };
        running.delete(this);
        resolve(this.ended);
      });
    });
    this.exit.catch(() => undefined); // reported to those who await it
    running.add(this);
  }

  get pid(): number {
    if (this.child.pid === undefined) {
      throw new Error(`could not start ${this.child.spawnargs.join(' ')}`);
    }
    return this.child.pid;
  }

  /** The first line that matches, also one that has come already. Rejects when the process ends without having written it. */
  async waitForLine(pattern: RegExp, timeoutMs = 90_000): Promise<RegExpMatchArray> {
    const found = await waitFor(() => this.findLine(pattern) ?? this.ended, {
      timeoutMs,
      what: `a line like ${pattern}`,
    }).catch((error: unknown) => {
      throw new Error(`${String(error)}${this.tail()}`);
    });
    if (!Array.isArray(found)) {
      throw new Error(`The process ended (${JSON.stringify(found)}) before a line like ${pattern}${this.tail()}`);
    }
    return found;
  }

  kill(signal: NodeJS.Signals = 'SIGTERM'): Promise<ProcessExit> {
    this.child.kill(signal);
    return this.exit;
  }

  private findLine(pattern: RegExp): RegExpMatchArray | undefined {
    return this.lines.map((line) => pattern.exec(line)).find((match) => match !== null);
  }

  private tail(): string {
    return `. It wrote:\n  ${this.lines.slice(-SHOWN_LINES).join('\n  ')}`;
  }
}

const running = new Set<ChildProgram>();

// A bench, which has no such hook, ends its programs itself.
const { afterAll: whenTestsHaveEnded } = globalThis as { afterAll?: (clean: () => Promise<unknown>) => void };
whenTestsHaveEnded?.(() => Promise.all([...running].map(end)));

async function end(leaked: ChildProgram): Promise<void> {
  const timer = setTimeout(() => void leaked.kill('SIGKILL'), KILL_AFTER_MS);
  await leaked.kill('SIGTERM').catch(() => undefined);
  clearTimeout(timer);
}
