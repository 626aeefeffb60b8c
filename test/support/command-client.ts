import { type Command, type CreateCommand } from '../../client/src/index.js';
import { type FakeDevice } from './fake-device.js';
import { codec12Frame } from './frames.js';
import { type Gateway } from './gateway.js';
import { waitFor } from './wait-for.js';

const TYPE_REPLY = 6;

export type CommandOptions = Omit<CreateCommand, 'imei' | 'command'>;

/** Sends the text of a command. Returns its id; throws when it is not accepted. */
export async function postCommand(gateway: Gateway, imei: string, command: string, extra: CommandOptions = {}): Promise<string> {
  return (await gateway.client.commands.send({ imei, command, ...extra })).commandLogId;
}

export async function getCommand(gateway: Gateway, id: string): Promise<Command> {
  return (await gateway.client.commands.get(id)).command;
}

/** Waits until the command has ended. */
export function endOfCommand(gateway: Gateway, id: string, timeoutMs = 20_000): Promise<Command> {
  return gateway.client.commands.until(id, { timeoutMs });
}

/** Waits until the command is as described. */
export async function commandBecomes(
  gateway: Gateway,
  id: string,
  wanted: Partial<Command>,
  timeoutMs = 20_000,
): Promise<Command> {
  return waitFor(
    async () => {
      const command = await getCommand(gateway, id);
      const isThere = Object.entries(wanted).every(([key, value]) => command[key as keyof Command] === value);
      return isThere ? command : Promise.reject(new Error(JSON.stringify(command)));
    },
    { timeoutMs, what: `command ${id} to be ${JSON.stringify(wanted)}` },
  );
}

/** Sends another command and answers it: everything that was to be written to the device before has then been written. */
export async function roundTrip(gateway: Gateway, imei: string, device: FakeDevice, timeoutMs?: number): Promise<void> {
  const id = await postCommand(gateway, imei, 'getver', { timeoutSeconds: 30 });
  expect(await device.command(timeoutMs)).toBe('getver');
  device.send(codec12Frame(TYPE_REPLY, `Ver:02.00.01_06 GPS:AXN_3.80 Hw:TFT100 Mod:1 IMEI:${imei} Init: 2026-1-1 5:54`));
  await endOfCommand(gateway, id);
}
