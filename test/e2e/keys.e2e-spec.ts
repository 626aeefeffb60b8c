import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { FakeDevice } from '../support/fake-device.js';
import { startGatewayProcess } from '../support/gateway-process.js';
import { API_KEY, Gateway, type ApiAnswer } from '../support/gateway.js';
import { NodeProcess } from '../support/node-process.js';
import { makeOpenFolder } from '../support/open-folder.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { waitFor } from '../support/wait-for.js';

const CLI = fileURLToPath(new URL('../../dist/src/keys-cli.js', import.meta.url));
const IMEI = '356307042441013';

interface KeyBody {
  keyId: string;
  name: string;
  scopes: string[];
  expiresAt: string | null;
  revokedAt: string | null;
  lastUsedAt: string | null;
}

interface AuditBody {
  entries: {
    auditId: string;
    at: string;
    action: string;
    keyId: string | null;
    keyName: string;
    imei: string | null;
    details: Record<string, unknown>;
    remoteAddress: string | null;
    requestId: string | null;
  }[];
  nextCursor: string | null;
}

let database: TestDatabase;
let gateway: Gateway;
let other: Gateway;

beforeAll(async () => {
  database = await createTestDatabase();
  // Entries from the time before: the one that is past its retention goes at the start.
  await database.query(
    `insert into tbl_iot_audit (at, action, key_name, details)
     select now() - make_interval(days => days), 'old.action', 'an old key', '{}' from unnest(array[1, 9, 11, 400]) as days`,
  );
  const env = { AUDIT_RETENTION_DAYS: '10', IOT_API_KEY: `${API_KEY}, the next key` };
  [gateway, other] = await Promise.all([Gateway.start(database.url, env), Gateway.start(database.url, env)]);
});

afterAll(async () => {
  await Promise.all([gateway.stop(), other.stop()]);
  await database.drop();
});

async function make(body: object): Promise<{ key: KeyBody; secret: string }> {
  const answer = await gateway.post<{ key: KeyBody; secret: string }>('keys', body);
  expect([answer.status, answer.body]).toMatchObject([201, { success: true }]);
  return answer.body;
}

async function remove(path: string): Promise<ApiAnswer> {
  const response = await fetch(`${gateway.apiUrl}/api/v1/${path}`, { method: 'DELETE', headers: { 'x-api-key': API_KEY } });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const withKey = (secret: string) => ({ 'x-api-key': secret });

async function audit(query: string): Promise<AuditBody> {
  const { status, body } = await gateway.get<AuditBody>(`audit?${query}`);
  expect(status).toBe(200);
  return body;
}

describe('a key', () => {
  it('works on every instance at once, is shown once and stored as its hash only', async () => {
    const { key, secret } = await make({ name: 'app', scopes: ['read', 'command'] });
    expect(secret).toMatch(/^iot_[\w-]{43}$/);
    expect(key).toMatchObject({ name: 'app', scopes: ['read', 'command'], expiresAt: null, revokedAt: null, lastUsedAt: null });
    for (const instance of [other, gateway]) {
      expect((await instance.get('devices', withKey(secret))).status).toBe(200);
    }
    const listed = await gateway.get<{ keys: KeyBody[] }>('keys');
    expect(listed.body.keys.map(({ name }) => name)).toContain('app');
    expect(JSON.stringify(listed.body)).not.toContain(secret);
    const [row] = await database.query<{ text: string; hash: string }>(
      `select key::text as text, encode(key_sha256, 'hex') = encode(sha256($1), 'hex') as hash from tbl_iot_api_keys key where name = 'app'`,
      [Buffer.from(secret)],
    );
    expect([row?.hash, row?.text.includes(secret)]).toEqual([true, false]);
  });

  it('stops working within seconds on another instance when it is revoked', async () => {
    const { key, secret } = await make({ name: 'leaver', scopes: ['read'] });
    expect((await other.get('devices', withKey(secret))).status).toBe(200);
    expect(await remove(`keys/${key.keyId}`)).toMatchObject({ status: 200, body: { success: true, key: { name: 'leaver' } } });
    expect((await gateway.get('devices', withKey(secret))).status).toBe(401);
    await waitFor(async () => (await other.get('devices', withKey(secret))).status === 401, {
      what: 'the other instance to be notified',
    });
    // Once more does no harm, and does not count as a second action.
    expect(await remove(`keys/${key.keyId}`)).toMatchObject({
      status: 200,
      body: { key: { revokedAt: expect.any(String) as string } },
    });
    expect((await audit('action=key.revoked')).entries.filter(({ details }) => details.name === 'leaver')).toHaveLength(1);
  });

  it('stops working when it expires', async () => {
    const { key, secret } = await make({
      name: 'guest',
      scopes: ['read'],
      expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
    });
    expect((await gateway.get('devices', withKey(secret))).status).toBe(200);
    await database.query(`update tbl_iot_api_keys set expires_at = now() where key_id = $1`, [key.keyId]);
    await waitFor(async () => (await gateway.get('devices', withKey(secret))).status === 401, { what: 'the key to expire' });
  });

  it.each([
    [{ scopes: ['read'] }, 'name must be'],
    [{ name: '1app', scopes: ['read'] }, 'name must be'],
    [{ name: 'IOT_API_KEY', scopes: ['read'] }, 'name must be'],
    [{ name: 'x', scopes: [] }, 'scopes must be'],
    [{ name: 'x', scopes: 'read' }, 'scopes must be'],
    [{ name: 'x', scopes: ['write'] }, 'scopes must be'],
    [{ name: 'x', scopes: ['read', 'read'] }, 'scopes must be'],
    [{ name: 'x', scopes: ['read'], expiresAt: 'soon' }, 'expiresAt must be a time'],
    [{ name: 'x', scopes: ['read'], expiresAt: '2020-01-01' }, 'expiresAt must be in the future'],
  ])('is not made of %j', async (body, reason) => {
    const answer = await gateway.post<{ error: string }>('keys', body);
    expect(answer).toMatchObject({ status: 400, body: { success: false, code: 'INVALID_INPUT' } });
    expect(answer.body.error).toContain(reason);
  });

  it('has a name of its own until it is revoked', async () => {
    const { key } = await make({ name: 'twin', scopes: ['read'] });
    expect(await gateway.post('keys', { name: 'twin', scopes: ['read'] })).toMatchObject({
      status: 409,
      body: { code: 'KEY_NAME_TAKEN' },
    });
    await remove(`keys/${key.keyId}`);
    await make({ name: 'twin', scopes: ['read'] });
  });

  it('that does not exist can not be revoked', async () => {
    expect(await remove('keys/987654321')).toMatchObject({ status: 404, body: { code: 'KEY_NOT_FOUND' } });
  });

  it('is said to be used at the latest when its gateway stops', async () => {
    const { key, secret } = await make({ name: 'visitor', scopes: ['read'] });
    const third = await Gateway.start(database.url);
    expect((await third.get('devices', withKey(secret))).status).toBe(200);
    await third.stop();
    const { body } = await gateway.get<{ keys: KeyBody[] }>('keys');
    expect(body.keys.find(({ keyId }) => keyId === key.keyId)?.lastUsedAt).toEqual(expect.any(String));
  });
});

describe('the audit', () => {
  it('says who gave and cancelled which command', async () => {
    const { key, secret } = await make({ name: 'commander', scopes: ['command'] });
    const headers = { ...withKey(secret), 'x-request-id': 'from-the-host-1' };
    const created = await gateway.post('command', { imei: IMEI, command: 'getinfo', mode: 'queue' }, headers);
    const commandLogId = String(created.body.commandLogId);
    expect(await gateway.post(`commands/${commandLogId}/cancel`, {}, headers)).toMatchObject({ status: 200 });
    const by = { keyId: key.keyId, keyName: 'commander', imei: IMEI, remoteAddress: '127.0.0.1', requestId: 'from-the-host-1' };
    const details = { commandLogId, command: 'getinfo' };
    for (const query of ['key=commander', `key=${key.keyId}`, `imei=${IMEI}`]) {
      expect((await audit(query)).entries).toMatchObject([
        { action: 'command.cancelled', ...by, details },
        { action: 'command.created', ...by, details },
      ]);
    }
  });

  it('has no command that was not accepted', async () => {
    const imei = '356307042441099';
    expect((await gateway.post('command', { imei, command: 'getinfo' })).status).toBe(404);
    expect((await gateway.post('command', { imei, command: '\u0007' })).status).toBe(400);
    expect((await audit(`imei=${imei}`)).entries).toEqual([]);
  });

  it('names the keys of IOT_API_KEY by their place', async () => {
    const device = await FakeDevice.logIn(gateway.devicePort, '356307042441021');
    await gateway.post('command', { imei: '356307042441021', command: 'getver' }, withKey('the next key'));
    await gateway.post('command', { imei: '356307042441021', command: 'getinfo' });
    device.close();
    const { entries } = await audit('imei=356307042441021');
    expect(entries.map(({ keyId, keyName }) => [keyId, keyName])).toEqual([
      [null, 'IOT_API_KEY'],
      [null, 'IOT_API_KEY#2'],
    ]);
  });

  it('keeps every one of a burst', async () => {
    const imei = '356307042441022';
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, index) => gateway.post('command', { imei, command: `getparam ${index}`, mode: 'queue' })),
    );
    const ids = answers.map(({ body }) => body.commandLogId);
    expect((await audit(`imei=${imei}`)).entries.map(({ details }) => details.commandLogId).sort()).toEqual([...ids].sort());
  });

  it('is read page by page, newest first, by action and time', async () => {
    const all = (await audit('')).entries;
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: AuditBody = await audit(`limit=7${cursor && `&cursor=${cursor}`}`);
      seen.push(...page.entries.map(({ auditId }) => auditId));
      cursor = page.nextCursor;
    }
    expect(seen).toEqual(all.map(({ auditId }) => auditId));
    const from = all[3]?.at ?? '';
    const to = all[1]?.at ?? '';
    const between = await audit(`from=${from}&to=${to}`);
    expect(between.entries.every(({ at }) => at >= from && at < to)).toBe(true);
    expect((await audit('action=old.action')).entries.every(({ action }) => action === 'old.action')).toBe(true);
  });

  it('keeps what is younger than AUDIT_RETENTION_DAYS, and nothing older', async () => {
    await waitFor(async () => (await audit('action=old.action')).entries.length === 2, { what: 'old entries to go' });
  });
});

describe('npm run keys', () => {
  async function keys(
    args: string[],
    env: Record<string, string> = { DATABASE_URL: database.url },
  ): Promise<{ code: number | null; output: string }> {
    const cli = new NodeProcess({ args: [CLI, ...args], env, cwd: fileURLToPath(new URL('..', import.meta.url)) });
    const { code } = await cli.exit;
    return { code, output: cli.lines.join('\n') };
  }

  it('makes a key, lists it and revokes it, and the audit says so', async () => {
    const made = await keys(['create', '--name', 'from-the-shell', '--scopes', 'read,command', '--expires', '2090-01-01']);
    expect(made.code).toBe(0);
    const secret = /^iot_[\w-]{43}$/m.exec(made.output)?.[0] ?? '';
    expect((await gateway.get('devices', withKey(secret))).status).toBe(200);
    const listed = await keys(['list']);
    const [, id = ''] = /^(\d+)\tfrom-the-shell\tread,command\t\S+\t\S+\tgood until 2090/m.exec(listed.output) ?? [];
    expect(await keys(['revoke', id])).toMatchObject({ code: 0 });
    expect((await keys(['list'])).output).toMatch(new RegExp(`^${id}\tfrom-the-shell\t.*\trevoked \\S+$`, 'm'));
    await waitFor(async () => (await gateway.get('devices', withKey(secret))).status === 401, { what: 'the key to end' });
    const { entries } = await audit('key=command%20line');
    expect(entries.map(({ action, details }) => [action, details.name])).toEqual([
      ['key.revoked', 'from-the-shell'],
      ['key.created', 'from-the-shell'],
    ]);
  });

  it('refuses what it can not do with a reason and no stack', async () => {
    const { code, output } = await keys(['revoke', '987654321']);
    expect([code, output]).toEqual([1, 'There is no key 987654321']);
  });

  it('says what to do when the database was never migrated', async () => {
    const empty = await createTestDatabase({ migrated: false });
    expect(await keys(['list'], { DATABASE_URL: empty.url })).toEqual({
      code: 1,
      output: 'The database has no table of keys yet: start this version of the gateway once.',
    });
    await empty.drop();
  });

  it('reaches the embedded database of a running gateway, and says when there is none', async () => {
    const folder = await makeOpenFolder();
    const env = { DATA_DIR: `${folder}/data` };
    const before = await keys(['list'], env);
    expect(before).toEqual({
      code: 1,
      output: expect.stringMatching(/^No database runs in .*: start the gateway there first/) as string,
    });
    const embedded = startGatewayProcess({
      cwd: folder,
      env: { ...env, BROKER_PORT: '0', API_PORT: '0', BROKER_HOST: '127.0.0.1', API_HOST: '127.0.0.1' },
    });
    const [, url] = await embedded.waitForLine(/REST API on (\S+)\/api\/v1/, 60_000);
    const made = await keys(['create', '--name', 'local', '--scopes', 'read'], env);
    const secret = /^iot_[\w-]{43}$/m.exec(made.output)?.[0] ?? '';
    expect((await fetch(`${url}/api/v1/devices`, { headers: withKey(secret) })).status).toBe(200);
    await embedded.kill('SIGTERM');
    expect(await keys(['list'], env)).toEqual(before);
    await rm(folder, { recursive: true, force: true });
  });
});
