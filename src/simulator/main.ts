import { type Invocation, parseCommandLine, UsageError } from './command-line.js';
import { Fleet, type FleetOptions } from './fleet.js';
import { LedgerFile } from './ledger-file.js';
import { helpText } from './option-table.js';
import { ProgressLine } from './progress-line.js';
import { introduction, summaryText, unreachableHint } from './report.js';

const EXIT_OK = 0;
const EXIT_UNBALANCED = 1;
const EXIT_USAGE = 2;
const EXIT_INTERRUPTED = 130;
const TERMINAL_LINE_MS = 1000;
const LOG_LINE_MS = 5000;
/** For frames that are still in flight after the drain. */
const GRACE_MS = 1000;
const ERASE_LINE = '\r\u001b[2K';

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  try {
    const invocation = parseCommandLine(args);
    if (invocation === null) {
      console.log(helpText());
      return EXIT_OK;
    }
    return await run(invocation, openLedger(invocation.ledgerPath));
  } catch (error) {
    if (!(error instanceof UsageError)) {
      throw error;
    }
    console.error(`${error.message}\nTry --help.`);
    return EXIT_USAGE;
  }
}

async function run(invocation: Invocation, ledger: LedgerFile | null): Promise<number> {
  const onAcknowledged: typeof invocation.fleet.onAcknowledged = ledger && ((imei, records) => ledger.add(imei, records));
  const fleet = new Fleet({ ...invocation.fleet, onAcknowledged });
  const startedAt = performance.now();
  fleet.start();
  const stopProgress = invocation.quiet ? () => undefined : showProgress(fleet, invocation.fleet);
  await untilTheEnd(invocation.durationMs);
  await fleet.drain(invocation.drainMs);
  await fleet.stop(GRACE_MS);
  stopProgress();
  ledger?.close();
  console.log(summaryText(fleet, performance.now() - startedAt));
  const hint = unreachableHint(fleet, invocation.fleet);
  if (hint !== null) {
    console.error(hint);
  }
  return fleet.isBalanced ? EXIT_OK : EXIT_UNBALANCED;
}

function openLedger(path: string | null): LedgerFile | null {
  try {
    return path === null ? null : new LedgerFile(path);
  } catch (error) {
    throw new UsageError(`--ledger: ${(error as Error).message}`, { cause: error });
  }
}

/** Resolves after the duration, at the first SIGINT or SIGTERM, or when the gateway that has started it is gone. The second signal ends the process immediately. */
function untilTheEnd(durationMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = durationMs > 0 ? setTimeout(resolve, durationMs) : undefined;
    let isStopping = false;
    const stop = (): void => {
      if (isStopping) {
        process.exit(EXIT_INTERRUPTED);
      }
      isStopping = true;
      clearTimeout(timer);
      resolve();
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
    process.on('disconnect', stop);
    // The listener alone would keep the process alive.
    process.channel?.unref();
  });
}

function showProgress(fleet: Fleet, server: FleetOptions): () => void {
  console.log(introduction(fleet, server));
  const isTerminal = process.stdout.isTTY;
  const progress = new ProgressLine(fleet, performance.now());
  const show = (): void => {
    const text = unreachableHint(fleet, server) ?? progress.next(performance.now());
    if (isTerminal) {
      process.stdout.write(`${ERASE_LINE}${text.slice(0, process.stdout.columns - 1)}`);
    } else {
      console.log(text);
    }
  };
  const timer = setInterval(show, isTerminal ? TERMINAL_LINE_MS : LOG_LINE_MS);
  return () => {
    clearInterval(timer);
    process.stdout.write(isTerminal ? ERASE_LINE : '');
  };
}
