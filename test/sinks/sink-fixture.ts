import { EventWriter } from '../support/event-writer.js';
import { Gateway } from '../support/gateway.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { waitFor } from '../support/wait-for.js';
import { type EngineServer } from './support/engine-server.js';
import { type EngineReader, type Received } from './engine-reader.js';
import { type TestEngine } from './test-engines.js';

export const IMEIS = ['350612000000001', '350612000000002', '350612000000003', '350612000000004'];

/** A sink as `GET sinks` shows it. */
export interface SinkAnswer {
  readonly name: string;
  readonly state: string;
  readonly cursor: string;
  readonly lagEvents: number;
  readonly lagSeconds: number;
  readonly published: number;
  readonly lastError: string | null;
  readonly instanceId: string | null;
}

/** A database with an event log, an engine, and the gateways between them. */
export class SinkFixture {
  readonly gateways: Gateway[] = [];

  private constructor(
    readonly engine: TestEngine,
    readonly server: EngineServer,
    readonly reader: EngineReader,
    readonly database: TestDatabase,
    readonly writer: EventWriter,
  ) {}

  static async create(engine: TestEngine): Promise<SinkFixture> {
    const server = await engine.start();
    const reader = await engine.prepare(server);
    const database = await createTestDatabase();
    return new SinkFixture(engine, server, reader, database, await EventWriter.open(database.url));
  }

  async startGateway(env: Record<string, string> = {}): Promise<Gateway> {
    const gateway = await Gateway.start(this.database.url, {
      SINKS: this.engine.url(this.server),
      SINK_TIMEOUT_SECONDS: '3',
      DATABASE_POOL_SIZE: '6',
      ...env,
    });
    this.gateways.push(gateway);
    return gateway;
  }

  /** The one sink, as the last gateway that was started shows it. */
  async sink(gateway = this.gateways.at(-1)!): Promise<SinkAnswer> {
    const { status, body } = await gateway.get<{ sinks: SinkAnswer[] }>('sinks');
    if (status !== 200 || !body.sinks[0]) {
      throw new Error(`GET sinks: ${status} ${JSON.stringify(body)}; ${gateway.process.lines.slice(-5).join('\n')}`);
    }
    return body.sinks[0];
  }

  /** Resolves with the sink when the engine has acknowledged every event. */
  async caughtUp(timeoutMs = 60_000): Promise<SinkAnswer> {
    return waitFor(
      async () => {
        const sink = await this.sink();
        return sink.lagEvents === 0 && sink.state === 'publishing' && sink;
      },
      { timeoutMs, what: 'the sink to have published everything' },
    );
  }

  /** Fails unless the engine has every event that was written, those of each device in their order. */
  async expectAllInOrder(): Promise<void> {
    const expected = byDevice(this.writer.written.map(({ imei, number }) => ({ imei, number })));
    // A subscriber of MQTT gets them some time after the broker has acknowledged them.
    await waitFor(async () => new Set((await this.reader.read()).map(({ id }) => id)).size >= this.writer.written.length, {
      timeoutMs: 30_000,
      what: 'all events at the engine',
    });
    expect(byDevice(firstOf(await this.reader.read()))).toEqual(expected);
  }

  /** Fails unless the engine has everything up to the stored cursor. */
  async expectCursorNotAhead(): Promise<void> {
    const acknowledged = await this.database.query<{ id: string }>(
      `select 'evt_' || event_id as id from tbl_iot_events event, tbl_iot_sinks sink
        where (event.transaction_id, event.position) <= (sink.transaction_id, sink.position)`,
    );
    await waitFor(
      async () => {
        const stored = new Set((await this.reader.read()).map(({ id }) => id));
        return acknowledged.every(({ id }) => stored.has(id));
      },
      { what: 'the engine to have everything up to the cursor' },
    );
  }

  async stop(): Promise<void> {
    await this.writer.close();
    await Promise.all(this.gateways.map((gateway) => gateway.kill()));
    await this.reader.close();
    await this.server.stop();
    await this.database.drop();
  }
}

interface Numbered {
  readonly imei: string;
  readonly number: number;
}

/** What a consumer keeps that recognises repeated messages by their ids. */
export function firstOf(received: readonly Received[]): Numbered[] {
  const seen = new Set<string>();
  return received.flatMap(({ id, payload }) => {
    if (seen.has(id)) {
      return [];
    }
    seen.add(id);
    return [JSON.parse(payload) as Numbered];
  });
}

function byDevice(events: readonly Numbered[]): Record<string, number[]> {
  const numbers: Record<string, number[]> = {};
  for (const { imei, number } of events) {
    (numbers[imei] ??= []).push(number);
  }
  return numbers;
}
