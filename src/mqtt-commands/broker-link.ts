import { setTimeout as delay } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import type { IClientOptions, MqttClient } from 'mqtt';
import { LeasesRepository } from '../platform/cluster/leases.repository.js';
import { DatabaseAvailability } from '../platform/database/database-availability.js';
import { PollingLoop } from '../platform/scheduling/polling-loop.js';
import { SECOND_MS } from '../platform/time-units.js';
import { BrokerConnection } from './broker-connection.js';
import { brokerOptions } from './broker-options.js';
import { CommandReceiver } from './command-receiver.js';
import { CommandTopic } from './command-topic.js';
import { MqttCommandCounters } from './mqtt-command-counters.js';
import { MqttCommandSettings } from './mqtt-commands.settings.js';

/** The `connect` of the package mqtt. Null: MQTT_COMMANDS is off. */
export const MQTT_CONNECT = Symbol('MQTT_CONNECT');
export type MqttConnect = (options: IClientOptions) => MqttClient;

const LEASE = 'mqtt-commands';
const LEASE_SECONDS = 6;
const ROUND_MS = 1_500;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 15_000;
/** For the messages that were received to be stored, at a stop. */
const STOP_WITHIN_MS = 5_000;

/**
 * Connects to the broker while this instance has the lease. All instances use one session of the broker, one at a time: what an instance that died has
 * not acknowledged goes to the next one. With a session for each instance, the broker would keep commands for one that never comes back.
 *
 * The broker itself allows one connection for a session: a former holder that has not noticed the end of its lease is disconnected.
 */
@Injectable()
export class BrokerLink implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(BrokerLink.name);
  private readonly loop = new PollingLoop(() => this.round(), { everyMs: ROUND_MS, spacingMs: 0 });
  private readonly filter: string;
  private connection: BrokerConnection | null = null;
  private connecting: Promise<void> | null = null;
  /** By the monotonic clock. */
  private leasedUntil = -Infinity;
  private isRenewalFailing = false;
  private retryMs = FIRST_RETRY_MS;
  private retryAt = -Infinity;

  constructor(
    @Inject(MQTT_CONNECT) private readonly connect: MqttConnect | null,
    private readonly leases: LeasesRepository,
    private readonly receiver: CommandReceiver,
    private readonly database: DatabaseAvailability,
    private readonly counters: MqttCommandCounters,
    private readonly settings: MqttCommandSettings,
  ) {
    this.filter = new CommandTopic(settings.MQTT_COMMANDS_TOPIC).filter;
  }

  get isEnabled(): boolean {
    return this.connect !== null;
  }

  get isConnected(): boolean {
    return this.connection?.isOpen === true;
  }

  get unacknowledged(): number {
    return this.connection?.unacknowledged ?? 0;
  }

  onApplicationBootstrap(): void {
    if (this.isEnabled) {
      this.loop.start();
    }
  }

  async beforeApplicationShutdown(): Promise<void> {
    if (!this.isEnabled) {
      return;
    }
    await this.loop.stop();
    await this.connecting;
    this.connection?.stopReading();
    await Promise.race([this.receiver.idle(), delay(STOP_WITHIN_MS, undefined, { ref: false })]);
    await this.disconnect();
    await this.leases.release(LEASE).catch(() => undefined); // it ends soon
  }

  private async round(): Promise<boolean> {
    await this.renewLease();
    if (performance.now() >= this.leasedUntil) {
      await this.disconnect();
    } else if (this.connection === null && performance.now() >= this.retryAt) {
      // Not awaited: the lease has to be renewed meanwhile.
      this.connecting ??= this.open().finally(() => (this.connecting = null));
    }
    return false;
  }

  private async renewLease(): Promise<void> {
    const begun = performance.now();
    try {
      const isHeld = await this.leases.hold(LEASE, LEASE_SECONDS);
      this.leasedUntil = isHeld ? begun + LEASE_SECONDS * SECOND_MS : -Infinity;
      this.isRenewalFailing = false;
    } catch (error) {
      if (!this.isRenewalFailing) {
        this.database.logFailure(
          this.logger,
          `The lease of the MQTT commands could not be renewed, retried every ${ROUND_MS} ms`,
          error,
        );
      }
      this.isRenewalFailing = true;
    }
  }

  /** Never rejects. */
  private async open(): Promise<void> {
    try {
      const connection = await BrokerConnection.open({
        connect: this.connect!,
        options: brokerOptions(this.settings),
        filter: this.filter,
        onMessage: (message, from) => this.receiver.receive(message, from),
      });
      this.connection = connection;
      this.logger.log(`Connected to the MQTT broker for commands on ${this.settings.MQTT_COMMANDS_TOPIC}`);
      const connectedAt = performance.now();
      void connection.closed.then((error) => this.lost(connection, connectedAt, error));
    } catch (error) {
      this.failed('The MQTT broker for commands cannot be connected', error);
    }
  }

  private lost(connection: BrokerConnection, connectedAt: number, error: Error): void {
    if (this.connection === connection) {
      this.connection = null;
      // Two that take the session from each other must not do so twice a second.
      if (performance.now() - connectedAt > LONGEST_RETRY_MS) {
        this.retryMs = FIRST_RETRY_MS;
      }
      this.failed('The connection to the MQTT broker for commands was lost', error);
    }
  }

  /** Up to a quarter less by chance. Of failures in a row the first is logged. */
  private failed(what: string, error: unknown): void {
    this.counters.connectionFailures++;
    if (this.retryMs === FIRST_RETRY_MS) {
      this.logger.warn(
        `${what}, retried after ${FIRST_RETRY_MS} ms, then up to every ${LONGEST_RETRY_MS / SECOND_MS} s: ${String(error)}`,
      );
    }
    this.retryAt = performance.now() + this.retryMs * (1 - Math.random() / 4);
    this.retryMs = Math.min(2 * this.retryMs, LONGEST_RETRY_MS);
  }

  private async disconnect(): Promise<void> {
    const { connection } = this;
    this.connection = null;
    await connection?.close();
  }
}
