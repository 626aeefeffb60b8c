import { parseArgs } from 'node:util';
import { CODEC_16, CODEC_8, CODEC_8_EXTENDED } from '../protocol/codec-ids.js';
import { isImei } from '../protocol/imei.js';
import { FAULT_NAMES } from './fault-plan.js';
import { type FleetOptions } from './fleet.js';
import { type TownCentre } from './vehicle/ride.js';
import { faultOption, FLAG_OPTIONS, NUMBER_OPTIONS, type NumberOption, PROBABILITY, TEXT_OPTIONS } from './option-table.js';

/** The parsed command line. */
export interface Invocation {
  readonly fleet: FleetOptions;
  /** 0: until interrupted. */
  readonly durationMs: number;
  readonly drainMs: number;
  readonly quiet: boolean;
  readonly ledgerPath: string | null;
}

/** The command line is not valid. The message says why. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const CODECS = { '8e': CODEC_8_EXTENDED, '8': CODEC_8, '16': CODEC_16 } as const;

/** Towns near a pole have no streets that lead east. */
const MAX_LATITUDE = 85;
const MAX_LONGITUDE = 180;
const MIN_INTERVAL_S = 0.01;
/** UDP has no CRC, no stream to split, no connection to keep alive, and no commands. */
const NOT_BY_UDP = ['bad-crc', 'split', 'ping', 'unknown-reply'];

type NumberName = keyof typeof NUMBER_OPTIONS;
type TextName = keyof typeof TEXT_OPTIONS;
type Values = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

/** Returns null for --help. Throws UsageError. */
export function parseCommandLine(args: readonly string[]): Invocation | null {
  const values = parseValues(args);
  if (values['help'] === true) {
    return null;
  }
  return {
    fleet: readFleetOptions(values),
    durationMs: readNumber(values, 'duration') * 1000,
    drainMs: readNumber(values, 'drain') * 1000,
    quiet: values['quiet'] === true,
    ledgerPath: readText(values, 'ledger'),
  };
}

function parseValues(args: readonly string[]): Values {
  const valued = [...Object.keys(NUMBER_OPTIONS), ...Object.keys(TEXT_OPTIONS), ...FAULT_NAMES.map(faultOption)];
  const options: Record<string, { type: 'string' | 'boolean' }> = {};
  for (const name of valued) {
    options[name] = { type: 'string' };
  }
  for (const name of Object.keys(FLAG_OPTIONS)) {
    options[name] = { type: 'boolean' };
  }
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    // The first sentence is the error; the next ones are about positional arguments.
    const message = error instanceof Error ? error.message : String(error);
    throw new UsageError(message.split(/\.\s/)[0], { cause: error });
  }
}

function readFleetOptions(values: Values): FleetOptions {
  const startTime = readText(values, 'start-time');
  return {
    host: readText(values, 'host') ?? TEXT_OPTIONS.host.default,
    port: readNumber(values, 'port'),
    udp: readUdp(values),
    devices: readNumber(values, 'devices'),
    rampPerSecond: readNumber(values, 'ramp'),
    codec: readCodec(values),
    seed: readNumber(values, 'seed'),
    imeiBase: readImeiBase(values),
    centre: readCentre(values),
    ...(startTime === null ? {} : { startTimeMs: readTime(startTime) }),
    intervalMs: readInterval(values) * 1000,
    recordsPerFrame: readNumber(values, 'records'),
    newestFirst: values['newest-first'] === true,
    ackTimeoutMs: readNumber(values, 'ack-timeout') * 1000,
    pingMs: readNumber(values, 'ping') * 1000,
    reconnectMinuteMs: readNumber(values, 'reconnect-scale') * 1000,
    resendDelayMs: readNumber(values, 'resend-delay') * 1000,
    rebootMs: readNumber(values, 'reboot') * 1000,
    bufferRecords: readNumber(values, 'buffer'),
    unknownReply: readText(values, 'unknown-reply'),
    faults: Object.fromEntries(FAULT_NAMES.map((name) => [name, readProbability(values, faultOption(name))])),
  };
}

function readNumber(values: Values, name: NumberName): number {
  return checkNumber(name, values[name], NUMBER_OPTIONS[name]);
}

function readInterval(values: Values): number {
  const seconds = readNumber(values, 'interval');
  if (seconds > 0 && seconds < MIN_INTERVAL_S) {
    throw new UsageError(`--interval must be 0 or at least ${MIN_INTERVAL_S}, got ${seconds}`);
  }
  return seconds;
}

function readProbability(values: Values, name: string): number {
  return checkNumber(name, values[name], PROBABILITY);
}

function checkNumber(name: string, text: Values[string], option: NumberOption): number {
  if (text === undefined) {
    return option.default;
  }
  const value = Number(text);
  const isValid = text !== '' && value >= option.min && value <= option.max && (!option.whole || Number.isInteger(value));
  if (!isValid) {
    const kind = option.whole ? 'a whole number' : 'a number';
    throw new UsageError(`--${name} must be ${kind} from ${option.min} to ${option.max}, got ${JSON.stringify(text)}`);
  }
  return value;
}

function readText(values: Values, name: TextName): string | null {
  const text = values[name];
  return typeof text === 'string' ? text : TEXT_OPTIONS[name].default;
}

function readCodec(values: Values): (typeof CODECS)[keyof typeof CODECS] {
  const name = readText(values, 'codec') ?? TEXT_OPTIONS.codec.default;
  if (!Object.hasOwn(CODECS, name)) {
    throw new UsageError(`--codec must be 8e, 8 or 16, got ${JSON.stringify(name)}`);
  }
  return CODECS[name as keyof typeof CODECS];
}

function readUdp(values: Values): boolean {
  const wrong = NOT_BY_UDP.find((name) => values[name] !== undefined);
  if (values['udp'] === true && wrong !== undefined) {
    throw new UsageError(`--${wrong} cannot be used with --udp`);
  }
  return values['udp'] === true;
}

function readImeiBase(values: Values): string {
  const base = readText(values, 'imei-base') ?? TEXT_OPTIONS['imei-base'].default;
  if (!isImei(base)) {
    throw new UsageError(`--imei-base must be 15 digits, got ${JSON.stringify(base)}`);
  }
  return base;
}

function readCentre(values: Values): TownCentre | undefined {
  const text = readText(values, 'centre');
  if (text === null) {
    return undefined;
  }
  const [latitude = NaN, longitude = NaN, ...rest] = text.split(',').map(Number);
  if (rest.length > 0 || !(Math.abs(latitude) <= MAX_LATITUDE) || !(Math.abs(longitude) <= MAX_LONGITUDE)) {
    throw new UsageError(`--centre must be a latitude and a longitude such as 52.52,13.405, got ${JSON.stringify(text)}`);
  }
  return { latitude, longitude };
}

function readTime(text: string): number {
  const time = Date.parse(text);
  if (Number.isNaN(time) || time < 0) {
    throw new UsageError(`--start-time must be a date and time such as 2026-01-31T08:00:00Z, got ${JSON.stringify(text)}`);
  }
  return time;
}
