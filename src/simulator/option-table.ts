import { FAULT_NAMES, type FaultName, FAULTS } from './fault-plan.js';

export interface NumberOption {
  readonly default: number;
  readonly min: number;
  readonly max: number;
  readonly whole: boolean;
  readonly help: string;
}

export const NUMBER_OPTIONS = {
  port: whole(9000, 1, 65_535, 'port of the server'),
  devices: whole(50, 1, 100_000, 'how many devices'),
  interval: real(5, 86_400, 'seconds between frames; 0: the next frame immediately after each acknowledgement'),
  records: whole(3, 1, 255, 'records in a frame; with a long queue more, up to about 1 kB'),
  seed: whole(1, 0, 2 ** 32 - 1, 'the same seed gives the same rides and faults'),
  duration: real(0, 2_000_000, 'seconds to run; 0: until Ctrl-C'),
  drain: real(5, 3600, 'seconds at the end to send the waiting records'),
  ramp: real(100, 100_000, 'devices started per second; 0: all at once'),
  'ack-timeout': real(30, 3600, 'seconds to wait for an answer before the connection is closed'),
  ping: real(0, 86_400, 'seconds without sending before a 0xFF keep-alive byte; 0: none'),
  'reconnect-scale': real(1, 60, 'seconds per minute of the schedule 0, 1, 1, 2, 2, 4, 6, 8, 10; 60: as a real device'),
  'resend-delay': real(1, 3600, 'seconds between a wrong count and the next attempt'),
  reboot: real(3, 3600, 'seconds a device is offline after cpureset'),
  buffer: whole(5000, 1, 1_000_000, 'records a device can hold; above it the oldest is dropped'),
} as const satisfies Record<string, NumberOption>;

export const TEXT_OPTIONS = {
  host: { default: '127.0.0.1', help: 'address of the server' },
  codec: { default: '8e', help: '8e, 8 or 16' },
  'imei-base': {
    default: '350612000000000',
    help: 'IMEI of device 0; the others count up; the last digit is replaced by the Luhn digit',
  },
  centre: { default: null, help: 'latitude and longitude of the town, as 52.52,13.405 (default: Vilnius)' },
  'start-time': { default: null, help: "ISO date and time of the devices' clocks at the start (default: now)" },
  'unknown-reply': { default: null, help: 'reply of devices to an unknown command (default: none)' },
  ledger: { default: null, help: 'file with one line of JSON per acknowledged record: imei, timestampMs, bytes in hex' },
} as const satisfies Record<string, { readonly default: string | null; readonly help: string }>;

export const FLAG_OPTIONS = {
  udp: 'send by UDP; a packet without an answer is sent again with the same packet id after --ack-timeout',
  'newest-first': 'send the newest records first',
  quiet: 'print the summary only',
  help: 'print this help',
} as const;

/** A probability per occasion. */
export const PROBABILITY: NumberOption = real(0, 1, '');

export function helpText(): string {
  const rows: [string, string][] = [
    ...Object.entries(TEXT_OPTIONS).map(([name, option]): [string, string] => [
      `--${name} <text>`,
      describe(option.help, option.default),
    ]),
    ...Object.entries(NUMBER_OPTIONS).map(([name, option]): [string, string] => [
      `--${name} <n>`,
      describe(option.help, option.default),
    ]),
    ...Object.entries(FLAG_OPTIONS).map(([name, help]): [string, string] => [`--${name}`, help]),
    ...FAULT_NAMES.map((name): [string, string] => [`--${faultOption(name)} <p>`, describe(FAULTS[name], 0)]),
  ];
  const width = Math.max(...rows.map(([option]) => option.length)) + 2;
  const lines = rows.map(([option, help]) => `  ${option.padEnd(width)}${help}`);
  return ['Simulates a fleet of TFT100 devices. <p> is a probability, 0 to 1, per occasion.', '', ...lines].join('\n');
}

/** loseAck becomes lose-ack. */
export function faultOption(name: FaultName): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function describe(help: string, defaultValue: string | number | null): string {
  return defaultValue === null ? help : `${help} (default: ${defaultValue})`;
}

function whole(defaultValue: number, min: number, max: number, help: string): NumberOption {
  return { default: defaultValue, min, max, whole: true, help };
}

function real(defaultValue: number, max: number, help: string): NumberOption {
  return { default: defaultValue, min: 0, max, whole: false, help };
}
