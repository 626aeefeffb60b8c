import { readIo } from '../vehicle/io-table.js';
import {
  batteryText,
  type DeviceView,
  gpsText,
  infoText,
  ioText,
  mapText,
  simText,
  statusText,
  versionText,
} from './reply-texts.js';
import { parseSetdigout } from './setdigout.js';

/** The device as commands see it. */
export interface CommandedDevice extends DeviceView {
  /** Writes a record with high priority immediately. */
  storeRecord(): void;
  eraseRecords(): void;
  /** Outputs are reset. Records, parameters and the clock are kept. */
  restart(): void;
}

export type CommandOutcome =
  | { readonly kind: 'reply'; readonly text: string }
  /** Executed, or unknown to the device. In both cases there is no reply. */
  | { readonly kind: 'silence' }
  /** No reply, and the device restarts. */
  | { readonly kind: 'restart' };

type Execution = (device: CommandedDevice, argument: string) => CommandOutcome;

const SILENCE: CommandOutcome = { kind: 'silence' };

/** Names are case-sensitive, as on the device. */
const COMMANDS = new Map<string, Execution>([
  ['getinfo', (device) => reply(infoText(device))],
  ['getver', (device) => reply(versionText(device))],
  ['getstatus', (device) => reply(statusText(device))],
  ['getgps', (device) => reply(gpsText(device))],
  ['ggps', (device) => reply(mapText(device))],
  ['getio', (device) => reply(ioText(device))],
  ['battery', (device) => reply(batteryText(device))],
  ['getimeiccid', (device) => reply(simText(device))],
  ['readio', (device, argument) => reply(readIoText(device, argument))],
  ['getparam', (device, argument) => reply(device.parameters.read(argument))],
  ['setparam', (device, argument) => reply(device.parameters.write(argument))],
  ['setdigout', (device, argument) => reply(setOutputs(device, argument))],
  ['cpureset', () => ({ kind: 'restart' })],
  ['getrecord', (device) => storeRecord(device)],
  ['deleterecords', (device) => eraseRecords(device)],
]);

/** @param unknownReply the reply to an unknown command; null for none, as known from real devices. */
export function executeCommand(device: CommandedDevice, text: string, unknownReply: string | null): CommandOutcome {
  const space = text.indexOf(' ');
  const name = space < 0 ? text : text.slice(0, space);
  const execution = COMMANDS.get(name);
  if (execution === undefined) {
    return unknownReply === null ? SILENCE : reply(unknownReply);
  }
  return execution(device, space < 0 ? '' : text.slice(space + 1).trim());
}

function setOutputs(device: CommandedDevice, argument: string): string {
  const parsed = parseSetdigout(argument.split(/ +/).filter((word) => word !== ''));
  if ('error' in parsed) {
    return parsed.error;
  }
  const { outputs, ride } = device.vehicle;
  const isAnyEnabled = outputs.some((_, index) => device.parameters.isOutputEnabled(index));
  if (!isAnyEnabled) {
    return 'DOUT is disabled from CFG';
  }
  return parsed.requests
    .map((request, index) => {
      const name = `DOUT${index + 1}`;
      if (request === null) {
        return `${name}:IGNORED`;
      }
      if (!device.parameters.isOutputEnabled(index)) {
        return `${name} Is disabled from CFG`;
      }
      return `${name}:${outputs[index]!.request(request, device.nowMs, ride.speedKmh)}`;
    })
    .join(' ');
}

function readIoText(device: CommandedDevice, argument: string): string {
  const value = /^\d+$/.test(argument) ? readIo(device.vehicle, Number(argument)) : null;
  if (value === null) {
    return 'Not supported or not enabled IO element requested';
  }
  return `Param ID:${argument} Value:${Buffer.isBuffer(value) ? value.toString('latin1') : value}`;
}

function storeRecord(device: CommandedDevice): CommandOutcome {
  device.storeRecord();
  return SILENCE;
}

function eraseRecords(device: CommandedDevice): CommandOutcome {
  device.eraseRecords();
  return reply('All records are erased');
}

function reply(text: string): CommandOutcome {
  return { kind: 'reply', text };
}
