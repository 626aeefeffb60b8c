import { type CommandOptions, postCommand } from './command-client.js';
import { FakeDevice } from './fake-device.js';
import { Gateway } from './gateway.js';
import { createTestDatabase, type TestDatabase } from './test-database.js';

export interface CommandEvent {
  readonly type: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** The event feed is on, and an unanswered command times out after a second. */
export const COMMAND_SETTINGS = {
  EVENT_FEED_ENABLED: 'true',
  IOT_COMMAND_TIMEOUT: '1',
  DEFAULT_MAX_IOT_COMMAND_RETRY: '3',
};

/** A gateway with a database of its own, and devices that log in to it one after the other. */
export class CommandFixture {
  private constructor(
    readonly database: TestDatabase,
    readonly gateway: Gateway,
    private nextImei: number,
  ) {}

  static async start(firstImei: number, settings: Record<string, string> = {}): Promise<CommandFixture> {
    const database = await createTestDatabase();
    const gateway = await Gateway.start(database.url, { ...COMMAND_SETTINGS, ...settings });
    return new CommandFixture(database, gateway, firstImei);
  }

  async stop(): Promise<void> {
    await this.gateway.stop();
    await this.database.drop();
  }

  newImei(): string {
    return String(this.nextImei++);
  }

  /** A new device, logged in. */
  async newDevice(): Promise<{ imei: string; device: FakeDevice }> {
    const imei = this.newImei();
    return { imei, device: await FakeDevice.logIn(this.gateway.devicePort, imei) };
  }

  post(imei: string, command: string, extra?: CommandOptions): Promise<string> {
    return postCommand(this.gateway, imei, command, extra);
  }

  /** The command events of a device, in their order. */
  async events(imei: string): Promise<CommandEvent[]> {
    return this.database.query<CommandEvent>(
      `select type, body from tbl_iot_events where imei = $1 and type like 'command.%' order by sequence`,
      [imei],
    );
  }

  /** The texts of the messages of a device that answered no command. */
  async messages(imei: string): Promise<string[]> {
    const rows = await this.database.query<{ text: string }>('select text from tbl_iot_device_messages where imei = $1', [imei]);
    return rows.map(({ text }) => text);
  }
}
