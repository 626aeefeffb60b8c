import { inspect } from 'node:util';
import { ConsoleLogger, type LogLevel } from '@nestjs/common';
import { type ProcessSettings } from '../config/settings.js';
import { countOf, escapeBlock, escapeJson, escapeLine } from './log-text.js';
import { PeerLogLimiter } from './peer-log-limiter.js';

const LEVELS = ['fatal', 'error', 'warn', 'log', 'debug', 'verbose'] as const;
/** Nest's own account of its start: forty lines that would bury the ports and the key. */
const FRAMEWORK_CONTEXTS = [
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
  'NestMicroservice',
];
/** Nest logs the error that ends a start before it throws it; the program logs it as well, and knows how. */
const START_FAILURE_CONTEXT = 'ExceptionHandler';
const CONTEXT = 'Log';
const LEFT_OUT_EVERY_MS = 5_000;
const NOT_SHOWN = '[secret]';

export type LogSettings = Pick<ProcessSettings, 'LOG_LEVEL' | 'LOG_FORMAT' | 'LOG_LINES_PER_PEER'>;

/**
 * Nest's console logger, at the level and in the format of the settings; what the framework says of itself is debug.
 *
 * An event is one line, whatever a device or a client put into it; only a stack has more, indented. As JSON it has level, time, context and
 * message, and beside them the fields of the plain object behind the message: `imei`, `connectionId`, `remoteAddress`, `requestId`.
 * Warnings and errors that name a peer (`imei`, `remoteAddress`, or the `listener` at which addresses are free to invent) are limited. Secrets are removed from every line, also from those of libraries.
 */
export class GatewayLogger extends ConsoleLogger {
  /** Lines about peers that were not written. */
  linesLeftOut = 0;
  private readonly peerLimiter: PeerLogLimiter;
  private readonly secretForms: readonly string[];
  private timer: NodeJS.Timeout | null = null;

  constructor({ LOG_LEVEL, LOG_FORMAT, LOG_LINES_PER_PEER }: LogSettings, secrets: readonly string[] = []) {
    super({
      logLevels: LEVELS.slice(0, LEVELS.indexOf(LOG_LEVEL) + 1),
      prefix: 'iot-broker',
      json: LOG_FORMAT === 'json',
      colors: LOG_FORMAT === 'text' && Boolean(process.stdout.isTTY),
    });
    // Also in the forms in which JSON and `inspect` write them.
    this.secretForms = secrets.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1), inspect(secret).slice(1, -1)]);
    this.peerLimiter = new PeerLogLimiter(LOG_LINES_PER_PEER);
  }

  override log(message: unknown, ...rest: unknown[]): void {
    const context: unknown = rest.at(-1);
    if (typeof context === 'string' && FRAMEWORK_CONTEXTS.includes(context)) {
      super.debug(message, ...rest);
    } else {
      super.log(message, ...rest);
    }
  }

  override warn(message: unknown, ...rest: unknown[]): void {
    if (this.isLevelEnabled('warn') && this.admits(rest)) {
      super.warn(message, ...rest);
    }
  }

  override error(message: unknown, ...rest: unknown[]): void {
    if (rest.at(-1) === START_FAILURE_CONTEXT) {
      super.debug(message, ...rest);
    } else if (this.admits(rest)) {
      super.error(message, ...rest);
    }
  }

  /** ISO 8601 in UTC, with milliseconds: sortable, and the same in every locale. */
  protected override getTimestamp(): string {
    return new Date().toISOString();
  }

  protected override stringifyMessage(message: unknown, logLevel: LogLevel): string {
    const resolved = this.resolveMessage(message);
    const text =
      typeof resolved === 'string'
        ? escapeLine(resolved)
        : escapeBlock(inspect(resolved, { ...this.inspectOptions, colors: false }));
    return this.colorize(this.withoutSecrets(text), logLevel);
  }

  protected override stringifyParams(params: Record<string, unknown>): string {
    return this.withoutSecrets(escapeLine(inspect(params, { breakLength: Infinity, compact: true })));
  }

  protected override printStackTrace(stack: string | undefined): void {
    if (stack !== undefined) {
      super.printStackTrace(this.withoutSecrets(escapeBlock(`    ${stack}`)));
    }
  }

  protected override stringifyJsonLogObject(logObject: Record<string, unknown>): string {
    const { level, timestamp, context, message, params, ...rest } = logObject;
    const event = {
      level,
      time: new Date(timestamp as number).toISOString(),
      ...(context !== undefined && { context }),
      message: typeof message === 'string' ? message : inspect(message, this.inspectOptions),
      ...rest,
    };
    // Fields come last, and take the place of nothing that the logger says.
    return this.withoutSecrets(escapeJson(super.stringifyJsonLogObject({ ...event, ...(params as object), ...event })));
  }

  private admits(rest: readonly unknown[]): boolean {
    const peers = rest.flatMap(peersOf);
    if (peers.length === 0 || this.peerLimiter.admit(peers)) {
      return true;
    }
    this.linesLeftOut++;
    this.timer ??= setInterval(() => this.tellLeftOut(), LEFT_OUT_EVERY_MS).unref();
    return false;
  }

  private tellLeftOut(): void {
    for (const { peer, count } of this.peerLimiter.takeLeftOut()) {
      super.warn(`${countOf(count, 'more line')} about ${peer} left out within a minute`, { leftOut: count }, CONTEXT);
    }
    if (this.timer && this.peerLimiter.isEmpty) {
      clearInterval(this.timer);
      this.timer = null;
    }
  }

  private withoutSecrets(text: string): string {
    return this.secretForms.reduce((line, form) => line.replaceAll(form, NOT_SHOWN), text);
  }
}

function peersOf(parameter: unknown): string[] {
  if (typeof parameter !== 'object' || parameter === null) {
    return [];
  }
  const { remoteAddress, imei, listener } = parameter as { remoteAddress?: unknown; imei?: unknown; listener?: unknown };
  // Not the address beside it: invented ones would push out of memory what is known of real ones.
  return (typeof listener === 'string' ? [listener] : [remoteAddress, imei]).filter((peer) => typeof peer === 'string');
}
