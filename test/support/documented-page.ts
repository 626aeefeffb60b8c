import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ChildProgram } from './child-program.js';
import { containsLines, jsonDifference, type Output, type ShellBlock } from './documented-blocks.js';
import { freePort } from './free-port.js';
import { waitFor } from './wait-for.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** Of the simulator. */
const FIRST_DEVICE = '350612000000008';
/** A block that ends with one of these runs until the reader ends it. */
const KEEPS_RUNNING = /(npm start|npm run (simulate|webhook:echo)\b.*|curl -N .*)\s*$/;
const READY = [
  [/npm start/, /REST API on/],
  [/npm run simulate/, /^connected \d+\/\d+/],
  [/webhook:echo/, /Webhooks are printed/],
] as const;
/** What `npm` does on a page: the programs themselves, which are built already, at the ports of the test. */
const NPM = `#!/usr/bin/env bash
case "$*" in
  install*) exit 0 ;;
  start) exec node "${ROOT}dist/src/main.js" ;;
  "run simulate -- "*) shift 3; exec node "${ROOT}dist/src/simulator/main.js" --port="$BROKER_PORT" --ramp=0 "$@" ;;
  "run webhook:echo -- "*) shift 3; exec node "${ROOT}scripts/webhook-echo.mjs" "$@" ;;
  "run keys -- "*) shift 3; exec node "${ROOT}dist/src/keys-cli.js" "$@" ;;
  "run migrate") exec node "${ROOT}dist/src/migrate.js" ;;
  *) echo "no such script: $*" >&2; exit 1 ;;
esac
`;

interface RunningBlock {
  readonly code: string;
  readonly program: ChildProgram;
}

/** A folder, ports and processes in which the shell blocks of one page run, as a reader runs them in several terminals. */
export class DocumentedPage {
  private readonly running: RunningBlock[] = [];
  /** Assignments of earlier blocks, which a reader's shell has kept. */
  private readonly assignments: string[] = [];

  private constructor(
    private readonly folder: string,
    private readonly ports: ReadonlyMap<string, number>,
    private readonly env: Record<string, string>,
  ) {}

  static async open(databaseUrl: string, env: Record<string, string> = {}): Promise<DocumentedPage> {
    const folder = await mkdtemp(join(tmpdir(), 'iot-broker-page-'));
    await mkdir(join(folder, 'bin'));
    await writeFile(join(folder, 'bin', 'npm'), NPM);
    await chmod(join(folder, 'bin', 'npm'), 0o755);
    await writeFile(join(folder, '.curlrc'), 'silent\nshow-error\nwrite-out = "\\n"\n');
    const ports = new Map<string, number>();
    for (const documented of ['8091', '9000', '9001', '3000']) {
      ports.set(documented, await freePort());
    }
    return new DocumentedPage(folder, ports, {
      PATH: `${join(folder, 'bin')}:${process.env.PATH ?? ''}`,
      HOME: folder,
      CURL_HOME: folder,
      DATABASE_URL: databaseUrl,
      API_PORT: String(ports.get('8091')),
      BROKER_PORT: String(ports.get('9000')),
      API_RATE_LIMIT_PER_SECOND: '0',
      ...env,
    });
  }

  /** Runs a block, and compares what it prints. Resolves with a sentence for each difference. */
  async play(block: ShellBlock): Promise<string[]> {
    const code = this.withPorts(block.code);
    const own = block.outputs.filter(({ of }) => of === null);
    const others = block.outputs.filter(({ of }) => of !== null);
    const problems = KEEPS_RUNNING.test(code) ? await this.keepRunning(code, own) : await this.run(code, own);
    for (const output of others) {
      const found = this.running.findLast((candidate) => candidate.code.includes(output.of ?? ''));
      problems.push(...(found ? await missingLines(output, found.program) : [`line ${output.line}: nothing runs ${output.of}`]));
    }
    return problems;
  }

  async close(): Promise<void> {
    for (const { program } of this.running.reverse()) {
      await program.kill('SIGTERM');
    }
    await rm(this.folder, { recursive: true, force: true });
  }

  private async keepRunning(code: string, outputs: readonly Output[]): Promise<string[]> {
    const isGateway = /npm start/.test(code);
    const earlier = this.running.findIndex((candidate) => isGateway && /npm start/.test(candidate.code));
    if (earlier >= 0) {
      const [replaced] = this.running.splice(earlier, 1);
      await replaced?.program.kill('SIGTERM');
    }
    // The last command replaces the shell, so that a signal reaches it.
    const lines = code.trimEnd().split('\n');
    const last = lines.pop()?.replace(/^((?:[A-Z_]+=\S+ )*)(?=npm|curl)/, 'exec env $1') ?? '';
    const program = this.bash([...lines, last].join('\n'));
    this.running.push({ code, program });
    const ready = READY.find(([command]) => command.test(code))?.[1];
    if (ready) {
      await program.waitForLine(ready, 60_000);
    }
    if (/npm run simulate(?!.*--udp)/.test(code)) {
      await this.firstRecord();
    }
    const problems = await Promise.all(outputs.map((output) => missingLines(output, program)));
    return problems.flat();
  }

  /** Readers are slower than a device. */
  private async firstRecord(): Promise<void> {
    const key = await readFile(join(this.folder, '.data', 'api-key'), 'utf8');
    const url = `http://127.0.0.1:${this.env.API_PORT}/api/v1/devices/${FIRST_DEVICE}/telemetry/latest`;
    await waitFor(async () => (await fetch(url, { headers: { 'x-api-key': key.trim() } })).ok, {
      what: 'a record',
      timeoutMs: 60_000,
    });
  }

  private async run(code: string, outputs: readonly Output[]): Promise<string[]> {
    const program = this.bash(code);
    const { code: status } = await program.exit;
    this.assignments.push(...code.split('\n').filter((line) => /^[A-Z_]+=\S/.test(line)));
    if (status !== 0) {
      return [`exit code ${status}: ${program.lines.join('\n')}`];
    }
    const texts = outputs.filter(({ kind }) => kind === 'text').flatMap((output) => differingLines(output, program.lines));
    const jsons = outputs.filter(({ kind }) => kind === 'json');
    const printed: unknown = jsons.length > 0 ? parse(program.lines.findLast((line) => line.trim() !== '') ?? '') : null;
    const differences = jsons.map((output) => jsonDifference(JSON.parse(output.text), printed));
    return [...texts, ...(differences.includes(null) ? [] : differences.map((one) => `${one}, of ${JSON.stringify(printed)}`))];
  }

  private bash(code: string): ChildProgram {
    const script = ['set -euo pipefail', ...this.assignments, code].join('\n');
    return new ChildProgram({ program: 'bash', args: ['-c', script], cwd: this.folder, env: this.env });
  }

  private withPorts(code: string): string {
    return code.replace(/(?<=localhost:|--port |PORT=)\d{4}\b/g, (port) => String(this.ports.get(port) ?? port));
  }
}

function differingLines(output: Output, lines: readonly string[]): string[] {
  return containsLines(output.text, lines) ? [] : [`line ${output.line}: the output is\n${lines.join('\n')}`];
}

async function missingLines(output: Output, program: ChildProgram): Promise<string[]> {
  const isThere = (): boolean => containsLines(output.text, program.lines);
  await waitFor(isThere, { what: `the output of line ${output.line}`, timeoutMs: 30_000 }).catch(() => undefined);
  return differingLines(output, program.lines);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
