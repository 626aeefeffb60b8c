import { type FakeDevice } from './fake-device.js';
import { codec12Frame } from './frames.js';
import { type Gateway } from './gateway.js';
import { waitFor } from './wait-for.js';

const TYPE_REPLY = 6;

/** A command as the REST API returns it. */
export interface ShownCommand {
  readonly commandLogId: string;
  readonly status: string;
  readonly reason: string | null;
  readonly deviceState: string | null;
  readonly supersededBy: string | null;
  readonly confirmedBy: 'reply' | 'telemetry' | null;
  readonly response: string | null;
  readonly attempts: number;
  readonly late: boolean;
  readonly expiresAt: string;
}

/** POST command. Returns its id; throws when it is not accepted. */
export async function postCommand(
  gateway: Gateway,
  imei: string,
  command: string,
  extra: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const { status, body } = await gateway.post<{ commandLogId: string }>('command', { imei, command, ...extra });
  if (status !== 200 && status !== 202) {
    throw new Error(`POST command answered ${status} ${JSON.stringify(body)}`);
  }
  return body.commandLogId;
}

export async function getCommand(gateway: Gateway, id: string): Promise<ShownCommand> {
  return (await gateway.get<{ command: ShownCommand }>(`commands/${id}`)).body.command;
}

/** Waits until the command has ended. */
export async function endOfCommand(gateway: Gateway, id: string, timeoutMs = 20_000): Promise<ShownCommand> {
  return waitFor(
    async () => {
      const command = await getCommand(gateway, id);
      return command.status === 'PENDING' ? Promise.reject(new Error(JSON.stringify(command))) : command;
    },
    { timeoutMs, what: `command ${id} to end` },
  );
}

/** Waits until the command is as described. */
export async function commandBecomes(
  gateway: Gateway,
  id: string,
  wanted: Partial<ShownCommand>,
  timeoutMs = 20_000,
): Promise<ShownCommand> {
  return waitFor(
    async () => {
      const command = await getCommand(gateway, id);
      const isThere = Object.entries(wanted).every(([key, value]) => command[key as keyof ShownCommand] === value);
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
