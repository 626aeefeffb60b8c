import { spawn, type ChildProcessWithoutNullStreams, type SpawnOptionsWithoutStdio } from 'node:child_process';

/** As whom a program of the server runs. */
export type ServerAccount =
  | { readonly way: 'self' }
  | { readonly way: 'other-user'; readonly name: string; readonly uid: number; readonly gid: number }
  /** The same user for the world outside, another one by name and number for the program itself. */
  | { readonly way: 'user-namespace'; readonly name: string; readonly uid: number; readonly gid: number };

export interface ProgramResult {
  /** Null when it could not be started, or a signal ended it. */
  readonly code: number | null;
  /** stdout and stderr together. */
  readonly output: string;
}

export interface ProgramCall {
  readonly program: string;
  readonly args: string[];
  readonly options: SpawnOptionsWithoutStdio;
}

const SEARCH_PATH = '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin:/run/current-system/sw/bin';

/** What to spawn so that the program runs under the account. The pid is the program's own in each case. */
export function callAs(account: ServerAccount, program: string, args: string[]): ProgramCall {
  // Not this process's environment: PGDATA, PGPORT and LC_ALL would change the server, and it needs no secrets.
  // Nor its directory, which the account may not be able to reach.
  const options: SpawnOptionsWithoutStdio =
    process.platform === 'win32' ? { env: {} } : { env: { PATH: SEARCH_PATH, LC_ALL: 'C' }, cwd: '/' };
  switch (account.way) {
    case 'self':
      return { program, args, options };
    case 'other-user':
      return { program, args, options: { ...options, uid: account.uid, gid: account.gid } };
    case 'user-namespace':
      return {
        program: 'unshare',
        args: ['--user', `--map-user=${account.uid}`, `--map-group=${account.gid}`, '--', program, ...args],
        options,
      };
  }
}

/** Runs a program to its end. Never rejects: a program that cannot be started has no exit code, and the reason as output. */
export async function runProgram(account: ServerAccount, program: string, args: string[], input = ''): Promise<ProgramResult> {
  const call = callAs(account, program, args);
  try {
    const child = spawn(call.program, call.args, { ...call.options, stdio: 'pipe' });
    return await collect(child, input);
  } catch (error) {
    return { code: null, output: String(error) };
  }
}

function collect(child: ChildProcessWithoutNullStreams, input: string): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const output: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output: Buffer.concat(output).toString('utf8') }));
    child.stdin.on('error', () => {
      // It ended before it had read everything; its exit code gives the reason.
    });
    child.stdin.end(input);
  });
}
