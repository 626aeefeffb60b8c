import { cp, mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { API_KEY, type Gateway } from '../support/gateway.js';
import { NodeProcess } from '../support/node-process.js';
import { waitFor } from '../support/wait-for.js';
import { IMEIS, type SinkAnswer, SinkFixture } from './sink-fixture.js';
import { TEST_ENGINES } from './test-engines.js';

const NATS = TEST_ENGINES[0]!;
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

interface SinkChange {
  readonly sink?: SinkAnswer;
  readonly code?: string;
  readonly error?: string;
}

describe('the REST API of sinks', () => {
  let fixture: SinkFixture;
  let gateway: Gateway;

  const ids = async (): Promise<string[]> => (await fixture.reader.read()).map(({ id }) => id);
  const change = (action: string, body: unknown = {}) => gateway.post<SinkChange>(`sinks/${action}`, body);

  beforeAll(async () => {
    fixture = await SinkFixture.create(NATS);
    gateway = await fixture.startGateway();
  });

  afterAll(async () => {
    await fixture.stop();
  });

  async function append(count: number): Promise<void> {
    for (let index = 0; index < count; index++) {
      await fixture.writer.append(IMEIS[index % IMEIS.length]!);
    }
  }

  it('shows a sink with its place, its lag and the instance that publishes', async () => {
    await append(10);
    const sink = await fixture.caughtUp();
    const { body } = await gateway.get<{ nextCursor: string }>('events');
    expect(sink).toMatchObject({ name: 'nats', engine: 'nats', state: 'publishing', lagEvents: 0, lagSeconds: 0, published: 10 });
    expect(sink.cursor).toBe(body.nextCursor);
    const { body: stats } = await gateway.get<{ instances: { instanceId: string }[] }>('stats');
    expect(stats.instances.map(({ instanceId }) => instanceId)).toContain(sink.instanceId);
  });

  it('publishes nothing while a sink is paused, also after a restart, and everything after it is resumed', async () => {
    const { published } = await fixture.caughtUp();
    expect((await change('nats/pause')).body.sink).toMatchObject({ state: 'paused' });
    await gateway.stop();
    gateway = await fixture.startGateway();
    await append(10);
    const paused = await waitFor(
      async () => {
        const sink = await fixture.sink();
        return sink.lagEvents === 10 && sink.lagSeconds > 1.5 && sink;
      },
      { what: 'the events to wait' },
    );
    expect(paused).toMatchObject({ state: 'paused', published });
    expect((await change('nats/resume')).status).toBe(200);
    expect(await fixture.caughtUp()).toMatchObject({ published: published + 10 });
    await fixture.expectAllInOrder();
  });

  it('publishes again from behind a cursor and from a time on', async () => {
    await append(5);
    await fixture.caughtUp();
    const before = await ids();
    const { body } = await gateway.get<{ events: { eventId: string; occurredAt: string }[] }>('events?limit=1000');
    const [, , , fourth] = body.events.slice(-4);
    const { body: third } = await gateway.get<{ nextCursor: string }>(`events?limit=${body.events.length - 1}`);

    expect((await change('nats/rewind', { cursor: third.nextCursor })).body.sink).toMatchObject({ cursor: third.nextCursor });
    await waitFor(async () => (await ids()).length > before.length, { what: 'the event to be published again' });
    await fixture.caughtUp();
    expect(await ids()).toEqual([...before, fourth!.eventId]);

    const all = [...new Set(before)];
    expect((await change('nats/rewind', { time: body.events[0]!.occurredAt })).status).toBe(200);
    await waitFor(async () => (await ids()).length >= before.length + 1 + all.length, { what: 'all events again' });
    // Events of different devices are published at the same time.
    expect((await ids()).slice(before.length + 1).sort()).toEqual(body.events.map(({ eventId }) => eventId).sort());
  });

  it('writes what was done to the audit', async () => {
    const { body } = await gateway.get<{ entries: { action: string; details: object }[] }>('audit?limit=100');
    const actions = body.entries.filter(({ action }) => action.startsWith('sink.'));
    expect(actions.map(({ action }) => action).sort()).toEqual(['sink.paused', 'sink.resumed', 'sink.rewound', 'sink.rewound']);
    expect(actions.every(({ details }) => 'sink' in details && details.sink === 'nats')).toBe(true);
  });

  it('refuses an unknown sink, a place that is none, and a key without the scope admin', async () => {
    expect((await change('other/pause')).body.code).toBe('SINK_NOT_FOUND');
    expect((await change('nats/rewind', {})).body.error).toBe('Give either cursor or time');
    expect((await change('nats/rewind', { cursor: '1_1', time: 0 })).status).toBe(400);
    expect((await change('nats/rewind', { cursor: '900000000000000_1' })).body.code).toBe('CURSOR_EXPIRED');
    const { body } = await gateway.post<{ secret: string }>('keys', { name: 'reader', scopes: ['read'] });
    const reader = { 'x-api-key': body.secret };
    expect((await gateway.get('sinks', reader)).status).toBe(200);
    expect((await gateway.post('sinks/nats/pause', {}, reader)).status).toBe(403);
  });

  it('has the lag, the errors and what was published in the metrics', async () => {
    const { published } = await fixture.caughtUp();
    const text = await (await fetch(`${gateway.apiUrl}/metrics`, { headers: { 'x-api-key': API_KEY } })).text();
    expect(text).toContain('iot_broker_sink_leased{sink="nats"} 1');
    expect(text).toContain('iot_broker_sink_errors_total{sink="nats"} 0');
    expect(text).toContain('iot_broker_sink_expired{sink="nats"} 0');
    const own = Number(/iot_broker_sink_published_total\{sink="nats"\} (\d+)/.exec(text)?.[1]);
    expect(own).toBeGreaterThan(0);
    expect(own).toBeLessThanOrEqual(published);
  });

  it('stops a sink whose next events were deleted until it is rewound', async () => {
    const { cursor } = await fixture.caughtUp();
    await gateway.kill();
    await append(3);
    await fixture.database.query(`
      with gone as (delete from tbl_iot_events returning transaction_id, position)
      insert into tbl_iot_event_retention (transaction_id, position)
      select transaction_id, position from gone order by 1 desc, 2 desc limit 1`);
    await append(2);
    gateway = await fixture.startGateway();
    const expired = await waitFor(
      async () => {
        const sink = await fixture.sink();
        return sink.state === 'expired' && sink;
      },
      { what: 'the sink to stop' },
    );
    expect(expired).toMatchObject({ cursor, lastError: expect.stringContaining('deleted') as string });
    const before = (await ids()).length;
    await change('nats/rewind', { cursor: '0_0' });
    await waitFor(async () => (await ids()).length === before + 2, { what: 'what is left to be published' });
    expect((await fixture.caughtUp()).lastError).toBeNull();
  });
});

describe('a start with SINKS', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'iot-broker-sinks-'));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  async function failedStart(main: string, sinks: string): Promise<string> {
    const env = { SINKS: sinks, DATABASE_URL: 'postgres://127.0.0.1:1/none', IOT_API_KEY: API_KEY };
    const gateway = new NodeProcess({ args: [main], cwd: folder, env });
    expect(await gateway.exit).toMatchObject({ code: 1 });
    return gateway.lines.join('\n');
  }

  it('ends with the command that installs a missing client', async () => {
    // The program and all of its packages but the client.
    await cp(join(ROOT, 'dist'), join(folder, 'dist'), { recursive: true });
    await cp(join(ROOT, 'package.json'), join(folder, 'package.json'));
    await mkdir(join(folder, 'node_modules'));
    for (const name of await readdir(join(ROOT, 'node_modules'))) {
      if (name !== '@nats-io') {
        await symlink(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
      }
    }
    const lines = await failedStart(join(folder, 'dist/src/main.js'), 'nats://127.0.0.1:4222');
    expect(lines).toContain('Install them: npm install @nats-io/transport-node@3.3 @nats-io/jetstream@3.3');
  });

  it('names everything that is wrong with the URLs, and no password', async () => {
    const sinks = 'redis://127.0.0.1,nats://gateway:secret-word@127.0.0.1,kafka://a?topic=iot.{imei},mqtt://b?qos=2';
    const lines = await failedStart(join(ROOT, 'dist/src/main.js'), sinks);
    expect(lines).toContain('SINKS: entry 1 must be a URL that begins with nats://, mqtt://, mqtts:// or kafka://');
    expect(lines).toContain('SINKS: entry 2 must not contain a user name or password: set SINK_NATS_PASSWORD');
    expect(lines).toContain('SINKS: entry 3 must not have {imei} in a Kafka topic');
    expect(lines).toContain('SINKS: entry 4 has the unknown parameter "qos"');
    expect(lines).not.toContain('secret-word');
  });
});
