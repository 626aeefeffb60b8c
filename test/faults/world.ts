import { openDatabase, type TestDatabase } from '../support/test-database.js';
import { LedgerFleet, type LedgerFleetOptions } from '../models/ledger-fleet.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';
import { runMigrations } from '../../src/platform/database/migrations.js';
import { Chance } from './chance.js';
import { CommandLoad } from './command-load.js';
import { DatabaseServer, type DatabaseServerOptions } from './database-server.js';
import { GatewaySeat } from './gateway-seat.js';
import { SinkEngine } from './sink-engine.js';

export interface WorldOptions extends DatabaseServerOptions {
  readonly seed: number;
  readonly gateways?: number;
  readonly fleet?: Partial<LedgerFleetOptions>;
  readonly commandDevices?: number;
  readonly commandsPerSecond?: number;
  readonly env?: Record<string, string>;
  /** The gateways publish to a sink too. Needs the servers of `.ci/install-sinks`. */
  readonly hasSink?: boolean;
}

/** Short times, so that an outage of a real day fits a minute; enough attempts that no event is given up. */
const ENV = {
  INSTANCE_DEAD_AFTER_SECONDS: '6',
  IOT_COMMAND_TIMEOUT: '2',
  TELEMETRY_WEBHOOK_ENABLED: 'true',
  WEBHOOK_EVENTS: 'command.completed,command.failed,command.retried,device.message,device.connected,device.disconnected',
  WEBHOOK_TIMEOUT_SECONDS: '2',
  WEBHOOK_RETRY_SCHEDULE: ['0', ...Array<string>(200).fill('500ms')].join(','),
  SHUTDOWN_GRACE_SECONDS: '20',
};

/** Devices, gateways, a database and a host, all real, with a proxy between each two of them that can cut the connection. */
export class World {
  readonly chance: Chance;
  readonly server: DatabaseServer;
  database: TestDatabase;
  readonly host: WebhookReceiver;
  readonly seats: readonly GatewaySeat[];
  readonly fleet: LedgerFleet;
  readonly commands: CommandLoad;
  readonly sink: SinkEngine | null;

  private constructor(
    readonly options: WorldOptions,
    parts: Pick<World, 'chance' | 'server' | 'host' | 'seats' | 'fleet' | 'commands' | 'sink'>,
  ) {
    this.chance = parts.chance;
    this.server = parts.server;
    this.database = openDatabase(parts.server.url);
    this.host = parts.host;
    this.seats = parts.seats;
    this.fleet = parts.fleet;
    this.commands = parts.commands;
    this.sink = parts.sink;
  }

  static async open(options: WorldOptions): Promise<World> {
    const chance = new Chance(options.seed);
    const server = await DatabaseServer.start(options);
    await runMigrations(server.url);
    const host = await WebhookReceiver.start();
    const sink = options.hasSink ? await SinkEngine.start() : null;
    const env = { ...ENV, NOTIFICATION_URL: host.url, ...sink?.env, ...options.env };
    const seats = await Promise.all(Array.from({ length: options.gateways ?? 2 }, () => GatewaySeat.open(server.url, env)));
    // Which gateway a device comes to is the balancer's whim, not part of what the seed repeats: reconnects happen as they happen.
    let turn = 0;
    const seat = (): GatewaySeat => seats[turn++ % seats.length]!;
    const port = (): number => seat().devices.port;
    const fleet = new LedgerFleet({
      devices: 40,
      recordsPerFrame: 5,
      intervalMs: 20,
      patienceMs: 10_000,
      ...options.fleet,
      port,
    });
    const commands = new CommandLoad({
      devices: options.commandDevices ?? 8,
      port,
      seat,
      chance: new Chance(options.seed + 1),
      ...(options.commandsPerSecond !== undefined && { perSecond: options.commandsPerSecond }),
    });
    return new World(options, { chance, server, host, seats, fleet, commands, sink });
  }

  start(): void {
    this.fleet.start();
    this.commands.start();
  }

  /** The test's own connections go to the server that is the primary now. */
  async followPrimary(): Promise<void> {
    await this.database.drop();
    this.database = openDatabase(this.server.url);
  }

  async close(): Promise<void> {
    await Promise.all([this.fleet.stop(), this.commands.stopOrdering()]);
    await this.commands.stop();
    await Promise.all(this.seats.map((seat) => seat.close()));
    await this.host.close();
    await this.sink?.stop();
    await this.database.drop();
    await this.server.stop();
  }
}
