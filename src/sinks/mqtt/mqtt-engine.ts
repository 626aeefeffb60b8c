import type { IClientOptions, MqttClient } from 'mqtt';
import { loadClient } from '../engine/engine-packages.js';
import { type EngineOptions } from '../engine/engine-options.js';
import { OrderedSends } from '../engine/ordered-sends.js';
import { type SinkConnection, type SinkEngine, type SinkMessage } from '../engine/sink-engine.js';

/** Of messages without acknowledgement, when the broker names no bound of its own. */
const MAX_IN_FLIGHT = 1_000;

type Connect = (options: IClientOptions) => MqttClient;

/** Publishes to a broker of MQTT 5 with QoS 1. The event id and the type are user properties. */
export class MqttEngine implements SinkEngine {
  private next = 0;

  private constructor(
    private readonly connectClient: Connect,
    private readonly options: EngineOptions,
  ) {}

  /** Throws PackageMissingError. */
  static async load(options: EngineOptions): Promise<MqttEngine> {
    const { connect } = await loadClient('mqtt', () => import('mqtt'));
    return new MqttEngine(connect, options);
  }

  async connect(): Promise<SinkConnection> {
    const { sink, credentials, timeoutMs } = this.options;
    const server = sink.hosts[this.next++ % sink.hosts.length]!;
    const { username, password, tls } = credentials;
    const client = this.connectClient({
      host: server.host,
      port: server.port,
      protocol: sink.tls ? 'mqtts' : 'mqtt',
      protocolVersion: 5,
      clean: true,
      // The runner connects again, from the cursor.
      reconnectPeriod: 0,
      connectTimeout: timeoutMs,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      ...(sink.tls ? tls : {}),
    });
    return new MqttSinkConnection(client, await connected(client), this.options.topicOf);
  }
}

/** Resolves with how many messages the broker takes without acknowledgement. */
function connected(client: MqttClient): Promise<number> {
  return new Promise((resolve, reject) => {
    let failure = new Error('the broker closed the connection');
    client.once('connect', ({ properties }) => resolve(Math.min(properties?.receiveMaximum ?? MAX_IN_FLIGHT, MAX_IN_FLIGHT)));
    client.on('error', (error) => (failure = error));
    client.once('close', () => {
      client.end(true);
      reject(failure);
    });
  });
}

class MqttSinkConnection implements SinkConnection {
  private readonly sends: OrderedSends;

  constructor(
    private readonly client: MqttClient,
    maxInFlight: number,
    private readonly topicOf: EngineOptions['topicOf'],
  ) {
    this.sends = new OrderedSends((message) => this.send(message), maxInFlight);
    client.once('close', () => this.sends.fail(new Error('the connection was lost')));
    client.once('disconnect', ({ reasonCode }) =>
      this.sends.fail(new Error(`the broker ended the connection, reason code ${reasonCode ?? 0}`)),
    );
  }

  get isOpen(): boolean {
    return this.client.connected;
  }

  get acknowledged(): number {
    return this.sends.acknowledgedCount;
  }

  publish(batch: readonly SinkMessage[]): void {
    this.sends.add(batch);
  }

  flush(): Promise<void> {
    return this.sends.flush();
  }

  async close(): Promise<void> {
    await this.client.endAsync(true).catch(() => {
      // Lost already.
    });
  }

  private async send({ id, imei, type, payload }: SinkMessage): Promise<void> {
    await this.client.publishAsync(this.topicOf(imei, type), payload, {
      qos: 1,
      properties: { contentType: 'application/json', userProperties: { 'event-id': id, 'event-type': type } },
    });
  }
}
