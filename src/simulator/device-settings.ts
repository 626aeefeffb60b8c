import { CODEC_8_EXTENDED, type RecordCodec } from '../protocol/codec-ids.js';
import { type FaultRates } from './fault-plan.js';
import { type StoredRecord } from './device/record-source.js';
import { type TownCentre } from './vehicle/ride.js';
import { type Clock, type TimerWheel } from './timer-wheel.js';
import { type TrafficCounters } from './traffic-counters.js';

/** How a simulated device behaves. */
export interface DeviceSettings {
  readonly host: string;
  readonly port: number;
  /** Sends by UDP: no login, no commands, no CRC. */
  readonly udp: boolean;
  readonly codec: RecordCodec;
  /** Everything random is derived from the seed and the index. */
  readonly seed: number;
  readonly index: number;
  /** See deviceImei. */
  readonly imeiBase: string;
  /** Of the town that it drives in. Not set: Vilnius. */
  readonly centre?: TownCentre | undefined;
  /** Time between frames. 0: the next frame is created when the last one was acknowledged. */
  readonly intervalMs: number;
  readonly recordsPerFrame: number;
  /** The time of the device's clock at its start. */
  readonly startTimeMs: number;
  readonly newestFirst: boolean;
  /** Parameter 1001: how long the device waits for an answer before it closes the connection. */
  readonly ackTimeoutMs: number;
  /** A 0xFF byte is sent after this time without sending. 0: never. */
  readonly pingMs: number;
  /** Duration of one minute of the reconnect schedule (0, 1, 1, 2, 2, 4, 6, 8, 10 minutes). */
  readonly reconnectMinuteMs: number;
  /** How long the device waits after a wrong count before it sends the frame again. */
  readonly resendDelayMs: number;
  /** How long the device is offline after cpureset. */
  readonly rebootMs: number;
  /** Maximum number of records besides those in flight. */
  readonly bufferRecords: number;
  /** The reply to an unknown command. Null: none. */
  readonly unknownReply: string | null;
  readonly faults: FaultRates;
  /** Keeps every acknowledged record in `ledger`. */
  readonly keepLedger: boolean;
  readonly onAcknowledged: ((imei: string, records: readonly StoredRecord[]) => void) | null;
}

const IMEI_PREFIX_DIGITS = 14;

const DEFAULTS: Omit<DeviceSettings, 'port' | 'startTimeMs'> = {
  host: '127.0.0.1',
  udp: false,
  codec: CODEC_8_EXTENDED,
  seed: 1,
  index: 0,
  imeiBase: '350612000000000',
  intervalMs: 5000,
  recordsPerFrame: 3,
  newestFirst: false,
  ackTimeoutMs: 30_000,
  pingMs: 0,
  reconnectMinuteMs: 1000,
  resendDelayMs: 1000,
  rebootMs: 3000,
  bufferRecords: 5000,
  unknownReply: null,
  faults: {},
  keepLedger: false,
  onAcknowledged: null,
};

export type DeviceOptions = Partial<DeviceSettings> & Pick<DeviceSettings, 'port'>;

export function completeSettings(options: DeviceOptions): DeviceSettings {
  return { ...DEFAULTS, startTimeMs: Date.now(), ...options };
}

/** A record that was acknowledged by the server. */
export interface LedgerEntry {
  readonly imei: string;
  readonly timestampMs: number;
  /** The bytes of the record, timestamp to last IO element. */
  readonly bytes: Buffer;
}

/** What the devices of a fleet share. A device that is used alone creates its own. */
export interface DeviceEnvironment {
  readonly wheel?: TimerWheel;
  readonly clock?: Clock;
  readonly counters?: TrafficCounters;
}

/**
 * The IMEI of device `index`: the first 14 digits of the base plus the index, then their Luhn check digit. The last digit of the base is
 * not used. Base 350612000000000 gives 350612000000008, 350612000000016, 350612000000024, ...
 */
export function deviceImei(base: string, index: number): string {
  const prefix = (BigInt(base.slice(0, IMEI_PREFIX_DIGITS)) + BigInt(index)).toString().padStart(IMEI_PREFIX_DIGITS, '0');
  if (prefix.length > IMEI_PREFIX_DIGITS) {
    throw new RangeError(`IMEI base ${base} is too large for device ${index}`);
  }
  return `${prefix}${luhnDigit(prefix)}`;
}

/** Doubles every second digit from the right, adds the digit sums, and returns what is missing to a multiple of ten. */
function luhnDigit(digits: string): number {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i]);
    const doubled = digit * 2;
    sum += i % 2 === 1 ? digit : doubled - (doubled > 9 ? 9 : 0);
  }
  return (10 - (sum % 10)) % 10;
}
