import type { JetStreamClient } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { type EngineOptions, hostAndPort } from '../engine/engine-options.js';
import { loadClient } from '../engine/engine-packages.js';
import { OrderedSends } from '../engine/ordered-sends.js';
import { type SinkConnection, type SinkEngine, type SinkMessage } from '../engine/sink-engine.js';

/** Publishes to a stream of NATS JetStream. The event id is the `Nats-Msg-Id`: the stream drops repeated messages within its duplicate window. */
export class NatsEngine implements SinkEngine {
  private constructor(
    private readonly connectClient: () => Promise<NatsConnection>,
    private readonly jetstream: (connection: NatsConnection) => JetStreamClient,
    private readonly options: EngineOptions,
  ) {}

  /** Throws PackageMissingError. */
  static async load(options: EngineOptions): Promise<NatsEngine> {
    const { credentials, timeoutMs } = options;
    const [{ connect, credsAuthenticator }, { jetstream }] = await loadClient('nats', () =>
      Promise.all([import('@nats-io/transport-node'), import('@nats-io/jetstream')]),
    );
    const { username: user, password: pass, natsCredentials } = credentials;
    const connectClient = (): Promise<NatsConnection> =>
      connect({
        servers: options.sink.hosts.map(hostAndPort),
        name: `iot-broker ${options.sink.name}`,
        // The runner connects again, from the cursor: what the client would send on its own may be known to be lost.
        reconnect: false,
        timeout: timeoutMs,
        // The client would note a stack trace for each message in case that it fails: two thirds of the time that publishing takes.
        noAsyncTraces: true,
        ...(user === undefined ? {} : { user }),
        ...(pass === undefined ? {} : { pass }),
        ...(natsCredentials ? { authenticator: credsAuthenticator(natsCredentials) } : {}),
        tls: options.sink.tls ? { handshakeFirst: false, ...credentials.tls } : null,
      });
    return new NatsEngine(connectClient, (connection) => jetstream(connection, { timeout: timeoutMs }), options);
  }

  async connect(): Promise<SinkConnection> {
    const connection = await this.connectClient();
    return new NatsSinkConnection(connection, this.jetstream(connection), this.options);
  }
}

class NatsSinkConnection implements SinkConnection {
  private readonly sends = new OrderedSends((message) => this.send(message));
  private readonly expect: { streamName?: string };

  constructor(
    private readonly connection: NatsConnection,
    private readonly stream: JetStreamClient,
    private readonly options: EngineOptions,
  ) {
    const { stream: streamName } = options.sink;
    this.expect = streamName === null ? {} : { streamName };
  }

  get isOpen(): boolean {
    return !this.connection.isClosed();
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
    await this.connection.close().catch(() => {
      // Lost already.
    });
  }

  private async send({ id, imei, type, payload }: SinkMessage): Promise<void> {
    await this.stream.publish(this.options.topicOf(imei, type), payload, { msgID: id, expect: this.expect });
  }
}
