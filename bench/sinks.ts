import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { BEGINNING } from '../src/events/event-cursor.js';
import { eventJson, publicEventId } from '../src/events/event-envelope.js';
import { EventsRepository } from '../src/events/events.repository.js';
import { EventRetentionMark, EventSequence, LoggedEvent } from '../src/events/logged-event.entity.js';
import { createDataSource } from '../src/platform/database/driver-statements.js';
import { type SinkMessage } from '../src/sinks/engine/sink-engine.js';
import { type EngineServer } from '../test/sinks/support/engine-server.js';
import { startMosquitto } from '../test/sinks/support/mosquitto.js';
import { type TestEngine } from '../test/sinks/test-engines.js';
import { databaseCpuSeconds } from './database-cpu.js';
import { Gateway } from './gateway.js';
import { measureFullSpeed, requireStored, type IngestFigures } from './ingest.js';
import { LoadFleet } from './load-fleet.js';
import { BARE_CLIENTS } from './sink-clients.js';

export const BACKLOG = 30_000;
const DEVICES = 1_000;
const POLL_MS = 20;
const NO_PROGRESS_MS = 20_000;
const INGEST = { devices: 200, recordsPerFrame: 10 };

export interface Published {
  readonly perSecond: number;
  /** Of the gateway or of the bare client, microseconds an event. */
  readonly cpu: number;
}

interface Progress {
  readonly published: number;
  readonly error: string | null;
}

export interface SinkFigures {
  readonly gateway: Published & { readonly databaseCpu: number };
  readonly bare: Published;
}

/** A backlog that waits when the gateway starts, and the same messages from the engine's own client. */
export async function measureEngine(engine: TestEngine, databaseUrl: string, cwd: string): Promise<SinkFigures> {
  const server = await start(engine);
  try {
    await (await engine.prepare(server)).close();
    const database = new Client({ connectionString: databaseUrl });
    await database.connect();
    try {
      await (await Gateway.start(databaseUrl, cwd)).stop();
      await append(database);
      const gateway = await publishBacklog(database, databaseUrl, cwd, engine.url(server));
      return { gateway, bare: await publishBare(engine, server.port, await readMessages(databaseUrl)) };
    } finally {
      await database.end();
    }
  } finally {
    await server.stop();
  }
}

/** Mosquitto with its usual persistence: for tests it writes all of its memory to the disk after each message. */
function start(engine: TestEngine): Promise<EngineServer> {
  return engine.name === 'mqtt' ? startMosquitto(['allow_anonymous true', 'autosave_on_changes false']) : engine.start();
}

/** @param environment of the gateway. */
export async function measureIngest(
  databaseUrl: string,
  cwd: string,
  environment: Record<string, string>,
): Promise<IngestFigures & { readonly publishedPerSecond: number }> {
  const database = new Client({ connectionString: databaseUrl });
  await database.connect();
  const gateway = await Gateway.start(databaseUrl, cwd, environment);
  const fleet = new LoadFleet(gateway.port, INGEST);
  try {
    await fleet.logIn();
    const startedAt = performance.now();
    const figures = await measureFullSpeed(gateway, fleet, database);
    const { published } = await readProgress(database);
    const publishedPerSecond = (published * 1000) / (performance.now() - startedAt);
    await requireStored(database, fleet.acknowledged);
    return { ...figures, publishedPerSecond };
  } finally {
    fleet.close();
    await gateway.stop();
    await database.end();
  }
}

async function publishBacklog(database: Client, databaseUrl: string, cwd: string, url: string): Promise<SinkFigures['gateway']> {
  const gateway = await Gateway.start(databaseUrl, cwd, { SINKS: url });
  try {
    const first = await untilPublished(database, 1);
    const from = { at: performance.now(), cpu: gateway.cpuSeconds(), databaseCpu: await databaseCpuSeconds(database) };
    const count = (await untilPublished(database, BACKLOG)) - first;
    const seconds = (performance.now() - from.at) / 1000;
    const perEvent = (cpuSeconds: number): number => (cpuSeconds / count) * 1e6;
    const databaseCpu = perEvent((await databaseCpuSeconds(database)) - from.databaseCpu);
    return { perSecond: count / seconds, cpu: perEvent(gateway.cpuSeconds() - from.cpu), databaseCpu };
  } finally {
    await gateway.stop();
  }
}

/** The engine may drop messages whose ids it knows, so that they get other ids of the same length. */
async function publishBare(engine: TestEngine, port: number, messages: readonly SinkMessage[]): Promise<Published> {
  const client = await BARE_CLIENTS[engine.name](port);
  try {
    const renamed = messages.map((message) => ({ ...message, id: message.id.replace('evt_', 'bar_') }));
    const [at, cpu] = [performance.now(), process.cpuUsage()];
    await client.publish(renamed);
    const seconds = (performance.now() - at) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    return { perSecond: messages.length / seconds, cpu: (user + system) / messages.length };
  } finally {
    await client.close();
  }
}

/** Throws when nothing more is published for a while, with what the gateway says of it. */
async function untilPublished(database: Client, count: number): Promise<number> {
  let [last, changedAt] = [0, performance.now()];
  for (;;) {
    const { published, error } = await readProgress(database);
    if (published >= count) {
      return published;
    }
    if (published !== last) {
      [last, changedAt] = [published, performance.now()];
    }
    if (performance.now() - changedAt > NO_PROGRESS_MS) {
      throw new Error(
        `The sink has published ${published} of ${count} events, and none for ${NO_PROGRESS_MS} ms: ${error ?? 'no error'}`,
      );
    }
    await delay(POLL_MS);
  }
}

/** Of all sinks. */
async function readProgress(database: Client): Promise<Progress> {
  const { rows } = await database.query<Progress>(
    'select coalesce(sum(published), 0)::int as published, max(last_error) as error from tbl_iot_sinks',
  );
  return rows[0]!;
}

/** The bytes that a sink publishes. */
async function readMessages(url: string): Promise<SinkMessage[]> {
  const entities = [LoggedEvent, EventRetentionMark, EventSequence];
  const source = await createDataSource({ type: 'postgres', url, poolSize: 1, entities }).initialize();
  try {
    const { rows } = await new EventsRepository(source).readAfter(BEGINNING, BACKLOG);
    return rows.map((event) => ({
      id: publicEventId(event.eventId),
      imei: event.imei,
      type: event.type,
      payload: Buffer.from(eventJson({ ...event, body: event.body! })),
    }));
  } finally {
    await source.destroy();
  }
}

/** Completed commands, those of each device far from each other. */
async function append(database: Client): Promise<void> {
  await database.query(
    `with numbered as (
       insert into tbl_iot_event_sequences (imei, last_sequence, last_transaction_id)
       select (352094000000000 + device)::text, $1::int, pg_current_xact_id() from generate_series(1, $2::int) as device
       returning imei, last_sequence, last_transaction_id
     )
     insert into tbl_iot_events (transaction_id, imei, sequence, type, body)
     select last_transaction_id, imei, round, 'command.completed', json_build_object(
              'identified', true, 'imei', imei, 'command', 'setdigout 1?', 'response', 'DOUT1:1 Timeout:INFINITY',
              'metadata', json_build_object('job_id', round), 'command_log_id', imei, 'late', false, 'attempts', 1)
       from generate_series(1, $1::int) as round, numbered
      order by round, imei`,
    [BACKLOG / DEVICES, DEVICES],
  );
}
