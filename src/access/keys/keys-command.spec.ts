import { COMMAND_LINE, type AuditActor } from '../audit/audit-actor.js';
import { type CreateKeyDto } from './create-key.dto.js';
import { type Key } from './key.js';
import { runKeysCommand } from './keys-command.js';
import { type KeysService } from './keys.service.js';

const KEY: Key = {
  keyId: '7',
  name: 'app',
  scopes: ['read', 'command'],
  createdAt: new Date(0),
  expiresAt: null,
  revokedAt: null,
  lastUsedAt: null,
};

function run(...args: string[]) {
  const calls: unknown[] = [];
  const printed: string[] = [];
  const said: string[] = [];
  const keys = {
    create: (dto: CreateKeyDto, actor: AuditActor) => {
      calls.push({ ...dto, actor });
      return Promise.resolve({ key: KEY, secret: 'the secret' });
    },
    list: () => Promise.resolve([KEY, { ...KEY, expiresAt: new Date(0) }, { ...KEY, revokedAt: new Date(0) }]),
    revoke: (keyId: string) => {
      calls.push(keyId);
      return Promise.resolve(KEY);
    },
  } as unknown as KeysService;
  const done = runKeysCommand(keys, args, { print: (line) => printed.push(line), say: (line) => said.push(line) });
  return done.then(() => ({ calls, printed, said }));
}

describe('the command line of keys', () => {
  it('prints a new key alone, so that a script can take it', async () => {
    const { calls, printed, said } = await run('create', '--name', 'app', '--scopes', 'read, command', '--expires', '2090-01-01');
    expect(calls).toEqual([{ name: 'app', scopes: ['read', 'command'], expiresAt: new Date('2090-01-01'), actor: COMMAND_LINE }]);
    expect(printed).toEqual(['the secret']);
    expect(said.join()).not.toContain('secret');
  });

  it('lists keys with their state', async () => {
    const { printed } = await run('list');
    expect(printed.map((line) => line.split('\t').at(-1))).toEqual([
      'state',
      'good',
      'expired 1970-01-01T00:00:00.000Z',
      'revoked 1970-01-01T00:00:00.000Z',
    ]);
  });

  it('revokes by number', async () => {
    expect((await run('revoke', '7')).calls).toEqual(['7']);
  });

  it.each([
    [['create', '--name', 'x', '--scopes', 'write'], 'scopes must be'],
    [['create', '--name', 'x'], 'scopes must be'],
    [['create', '--scopes', 'read'], 'name must be'],
    [['create', '--name', 'x', '--scopes', 'read', '--expires', 'soon'], 'expiresAt must be a time'],
    [['create', '--colour', 'blue'], "Unknown option '--colour'"],
    [['revoke', 'everything'], 'Not understood: revoke everything'],
    [['revoke'], 'Not understood: revoke'],
    [['revoke', '1', '2'], 'Not understood: revoke 1 2'],
    [['delete', '1'], 'Not understood: delete 1'],
  ])('refuses %j with a reason', async (args, reason) => {
    await expect(run(...args)).rejects.toThrow(reason);
  });
});
