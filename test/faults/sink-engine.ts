import { NatsReader } from '../sinks/nats-reader.js';
import { type EngineServer } from '../sinks/support/engine-server.js';
import { startNats } from '../sinks/support/nats-server.js';
import { type TestDatabase } from '../support/test-database.js';

interface PublishedEvent {
  readonly imei: string;
  readonly sequence: number;
}

/** A NATS JetStream to which the gateways publish every event. It keeps what it has acknowledged when it is killed. */
export class SinkEngine {
  private constructor(
    readonly server: EngineServer,
    private readonly reader: NatsReader,
  ) {}

  static async start(): Promise<SinkEngine> {
    const server = await startNats();
    return new SinkEngine(server, await NatsReader.create(server.port));
  }

  get env(): Record<string, string> {
    return { SINKS: `nats://127.0.0.1:${this.server.port}?stream=IOT&from=oldest`, SINK_TIMEOUT_SECONDS: '3' };
  }

  /** Events up to the stored place of the sink that the engine does not have. */
  async findAhead(database: TestDatabase): Promise<string[]> {
    const acknowledged = await database.query<{ id: string }>(
      `select 'evt_' || event_id as id from tbl_iot_events event, tbl_iot_sinks sink
        where (event.transaction_id, event.position) <= (sink.transaction_id, sink.position)`,
    );
    const stored = new Set((await this.reader.read()).map(({ id }) => id));
    return acknowledged
      .filter(({ id }) => !stored.has(id))
      .map(({ id }) => `the sink is past ${id}, which its engine does not have`);
  }

  /** To be called when the sink has published everything. Repeated events may follow newer ones; the first of each must be in order. */
  async findBroken(database: TestDatabase): Promise<string[]> {
    const events = await database.query<{ id: string }>(`select 'evt_' || event_id as id from tbl_iot_events`);
    const first = new Map<string, PublishedEvent>();
    for (const { id, payload } of await this.reader.read()) {
      if (!first.has(id)) {
        first.set(id, JSON.parse(payload) as PublishedEvent);
      }
    }
    const known = new Set(events.map(({ id }) => id));
    return [
      ...events.filter(({ id }) => !first.has(id)).map(({ id }) => `${id} never reached the engine of the sink`),
      ...[...first.keys()].filter((id) => !known.has(id)).map((id) => `the sink published ${id}, which is not in tbl_iot_events`),
      ...outOfOrder([...first.values()]),
    ];
  }

  async stop(): Promise<void> {
    await this.reader.close();
    await this.server.stop();
  }
}

function outOfOrder(published: readonly PublishedEvent[]): string[] {
  const last = new Map<string, number>();
  return published.flatMap(({ imei, sequence }) => {
    const before = last.get(imei) ?? 0;
    last.set(imei, sequence);
    return sequence > before ? [] : [`the sink published event ${sequence} of ${imei} after event ${before}`];
  });
}
