import { endOfCommand, getCommand } from '../support/command-client.js';
import { FakeDevice } from '../support/fake-device.js';
import { codec12Frame } from '../support/frames.js';
import { API_KEY, Gateway } from '../support/gateway.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const REPLY = 6;
/** Where the driver names the prepared statement that writes a batch of the intake. */
const WRITE_OF_INTAKE = Buffer.from('\0iot_intake_write\0');

interface Result {
  readonly status: number;
  readonly commandLogId?: string;
  readonly error?: string;
  readonly code?: string;
}

interface Answer {
  readonly success: boolean;
  readonly count: number;
  readonly accepted: number;
  readonly results: readonly Result[];
  readonly error?: string;
  readonly code?: string;
}

let database: TestDatabase;
let proxy: TcpProxy;
let gateway: Gateway;
/** Transactions of the intake. */
let batches = 0;
let serial = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  const url = new URL(database.url);
  proxy = await TcpProxy.to(url.hostname, Number(url.port));
  url.host = `127.0.0.1:${proxy.port}`;
  proxy.slowDown((bytes, direction) => {
    batches += direction === 'to-target' && bytes.includes(WRITE_OF_INTAKE) ? 1 : 0;
    return 0;
  });
  gateway = await Gateway.start(url.href, { METADATA_MAX_BYTES: '1000', API_RATE_LIMIT_PER_SECOND: '1000' });
});

afterAll(async () => {
  await gateway.stop();
  await proxy.close();
  await database.drop();
});

function newImei(): string {
  return String(358_100_000_000_000 + serial++);
}

function queued(count: number): { imei: string; command: string; mode: string }[] {
  return Array.from({ length: count }, () => ({ imei: newImei(), command: 'getver', mode: 'queue' }));
}

async function post(commands: unknown, headers: Record<string, string> = {}): Promise<{ status: number; body: Answer }> {
  return gateway.post<Answer>('commands', { commands }, headers);
}

describe('a bulk request', () => {
  it('of 1,000 entries stores all of them, in at most two transactions, each with an audit entry', async () => {
    const entries = queued(1_000);
    const before = batches;
    const { status, body } = await post(entries);
    expect([status, body.success, body.count, body.accepted]).toEqual([207, true, 1_000, 1_000]);
    expect(batches - before).toBeLessThanOrEqual(2);
    expect(new Set(body.results.map((result) => result.status))).toEqual(new Set([202]));
    const ids = body.results.map(({ commandLogId }) => commandLogId);
    const stored = await database.query<{ imei: string; audited: boolean }>(
      `select imei, exists (
                select from tbl_iot_audit audit
                 where audit.action = 'command.created' and audit.details ->> 'commandLogId' = log.command_log_id::text) as audited
         from unnest($1::bigint[]) with ordinality as asked (id, place)
         join tbl_iot_command_logs log on log.command_log_id = asked.id
        order by place`,
      [ids],
    );
    expect(stored).toEqual(entries.map(({ imei }) => ({ imei, audited: true })));
  });

  it.each<[string, unknown, string]>([
    ['of 1,001 entries', queued(1_001), 'commands must be at most 1000 at once'],
    ['without entries', [], 'commands must not be empty'],
    ['without a list', { imei: '350612345678901', command: 'getver' }, 'commands must be a list'],
    ['without commands', undefined, 'commands must be a list'],
  ])('%s is refused', async (_name, commands, error) => {
    const before = batches;
    const { status, body } = await post(commands);
    expect([status, body]).toEqual([
      400,
      { success: false, error: expect.stringContaining(error) as string, code: 'INVALID_INPUT' },
    ]);
    expect(batches).toBe(before);
  });

  it('that exceeds the limit of bodies is refused', async () => {
    const entry = { imei: newImei(), command: 'getver', mode: 'queue', metadata: { text: 'x'.repeat(900) } };
    const fitting = await post(Array.from({ length: 1_000 }, () => ({ ...entry, imei: newImei() })));
    expect([fitting.status, fitting.body.accepted]).toEqual([207, 1_000]);
    const { status, body } = await post(Array.from({ length: 1_000 }, () => ({ ...entry, metadata: 'x'.repeat(990) })));
    expect([status, body.code]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
  });

  it('decides each entry for itself, as a single request would be', async () => {
    const [connected, away] = [newImei(), newImei()];
    const device = await FakeDevice.logIn(gateway.devicePort, connected);
    const { status, body } = await post([
      { imei: connected, command: 'setdigout 1 10' },
      { imei: away, command: 'getver' },
      { imei: away, command: 'getver', mode: 'queue' },
      { imei: away, command: 'h\u00e9' },
      { imei: away, command: 'getver', mode: 'later' },
      'getver',
      { imei: away, command: 'getio', mode: 'queue', metadata: { text: 'x'.repeat(1_000) } },
      { imei: away, command: 'getinfo', mode: 'queue' },
      { imei: connected, command: 'getver', guard: { maxSpeedKmh: 5 } },
    ]);
    expect([status, body.count, body.accepted]).toEqual([207, 9, 3]);
    expect(body.results.map((result) => [result.status, result.code])).toEqual([
      [200, undefined],
      [404, 'DEVICE_NOT_CONNECTED'],
      [202, undefined],
      [400, 'INVALID_INPUT'],
      [400, 'INVALID_INPUT'],
      [400, 'INVALID_INPUT'],
      [413, 'METADATA_TOO_LARGE'],
      [202, undefined],
      [409, 'GUARD_NOT_MET'],
    ]);
    expect(body.results.at(-1)).toHaveProperty('facts');
    expect(await device.command()).toBe('setdigout 1 10');
    device.send(codec12Frame(REPLY, 'DOUT1:1 Timeout:10s'));
    expect(await endOfCommand(gateway, body.results[0]!.commandLogId!)).toMatchObject({ status: 'COMPLETED' });
    device.close();
  });

  it('takes the entries of a device in their order, and no more than may be open', async () => {
    const imei = newImei();
    const entries = [1, 0, 1].map((level) => ({ imei, command: `setdigout ${level}`, mode: 'queue' }));
    const others = Array.from({ length: 50 }, (_, index) => ({ imei, command: `getparam ${2000 + index}`, mode: 'queue' }));
    const { body } = await post([...entries, ...others]);
    const [first, second, third] = await Promise.all(
      body.results.slice(0, 3).map(({ commandLogId }) => getCommand(gateway, commandLogId!)),
    );
    expect([first, second, third]).toMatchObject([
      { reason: 'superseded', supersededBy: second!.commandLogId },
      { reason: 'superseded', supersededBy: third!.commandLogId },
      { status: 'PENDING' },
    ]);
    expect(body.results.slice(3).map(({ status }) => status)).toEqual([...Array.from({ length: 49 }, () => 202), 429]);
    expect(body.results.at(-1)?.code).toBe('TOO_MANY_OPEN_COMMANDS');
  });

  it('gives the same commands back for the same keys, also those of single requests', async () => {
    const [one, two] = queued(2).map((entry) => ({ ...entry, idempotencyKey: `bulk-${entry.imei}` }));
    const { idempotencyKey, ...single } = one!;
    const first = await gateway.post<{ commandLogId: string }>('command', single, { 'idempotency-key': idempotencyKey });
    const { body } = await post([one, two, two, { ...two, command: 'getinfo' }]);
    expect(body.results[0]).toEqual({ status: 202, commandLogId: first.body.commandLogId });
    expect(body.results[1]).toEqual(body.results[2]);
    expect(body.results[3]).toMatchObject({ status: 409, code: 'IDEMPOTENCY_KEY_REUSED' });
    expect((await post([one, two])).body.results).toEqual(body.results.slice(0, 2));
  });

  it('stores the metadata of each entry as it came', async () => {
    const [one, two] = queued(2);
    const texts = ['{"b": 1.0, "a": 12345678901234567890}', '[1e2, "}]"]'];
    const bodies = [one, two].map((entry, index) => JSON.stringify(entry).replace(/\}$/, `, "metadata" : ${texts[index]} }`));
    const { body } = await gateway.post<Answer>(
      'commands',
      `{"commands": [ ${bodies.join(' , ')} , ${JSON.stringify(queued(1)[0])}]}`,
    );
    const stored = await database.query<{ metadata: string | null }>(
      'select metadata::text as metadata from tbl_iot_command_logs where command_log_id = any ($1::bigint[]) order by command_log_id',
      [body.results.map(({ commandLogId }) => commandLogId)],
    );
    expect(stored.map(({ metadata }) => metadata)).toEqual([...texts, null]);
  });

  it('is refused with the header Idempotency-Key, and does not wait', async () => {
    const { status, body } = await post(queued(1), { 'idempotency-key': 'a-key' });
    expect([status, body.code]).toEqual([400, 'INVALID_INPUT']);
    const response = await fetch(`${gateway.apiUrl}/api/v1/commands`, {
      method: 'POST',
      headers: { 'x-api-key': API_KEY, 'content-type': 'application/json', prefer: 'wait=30' },
      body: JSON.stringify({ commands: queued(1) }),
      signal: AbortSignal.timeout(20_000),
    });
    expect([response.status, response.headers.get('preference-applied')]).toEqual([207, null]);
  });

  it('is one request for the rate limit', async () => {
    const response = await fetch(`${gateway.apiUrl}/api/v1/commands`, {
      method: 'POST',
      headers: { 'x-api-key': API_KEY, 'content-type': 'application/json' },
      body: JSON.stringify({ commands: queued(1_000) }),
    });
    expect([response.status, ((await response.json()) as Answer).accepted]).toEqual([207, 1_000]);
    // Other requests of the same second count too.
    expect(Number(response.headers.get('x-ratelimit-remaining'))).toBeGreaterThan(900);
  });

  it('is answered 503 while the database is unavailable', async () => {
    const { port } = new URL(database.url);
    proxy.retarget(1);
    proxy.reset();
    const { status, body } = await post(queued(2));
    proxy.retarget(Number(port));
    expect([status, body.code]).toEqual([503, 'DATABASE_UNAVAILABLE']);
  });
});
