import { parseArgs } from 'node:util';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { COMMAND_LINE } from '../audit/audit-actor.js';
import { StartError } from '../../platform/errors/errors.js';
import { CreateKeyDto } from './create-key.dto.js';
import { type Key } from './key.js';
import { type KeysService } from './keys.service.js';

export const KEYS_USAGE = `npm run keys -- <command>
  create --name <name> --scopes <read,command,admin> [--expires <time>]   makes a key and prints it, this once
  list                                                                    all keys but those of IOT_API_KEY
  revoke <id>                                                             ends a key, within seconds everywhere
Works on DATABASE_URL, or on the database of the gateway that runs with DATA_DIR.`;

/** The command line is not valid. */
export class UsageError extends StartError {
  override readonly name = 'UsageError';

  constructor(problem: string) {
    super(`${problem}\n\n${KEYS_USAGE}`);
  }
}

/** What a program may read goes out by print, what is for people by say. */
export interface KeysOutput {
  print(line: string): void;
  say(line: string): void;
}

/** Throws UsageError, DomainError. */
export async function runKeysCommand(keys: KeysService, args: readonly string[], output: KeysOutput): Promise<void> {
  const { values, positionals } = parse(args);
  const [command, id, ...rest] = positionals;
  if (command === 'create' && id === undefined) {
    const { key, secret } = await keys.create(keyFrom(values), COMMAND_LINE);
    output.say(`Key ${key.keyId}, ${key.name}, may: ${key.scopes.join(', ')}. It is shown this once; send it as x-api-key:`);
    output.print(secret);
  } else if (command === 'list' && id === undefined) {
    const rows = (await keys.list()).map(row);
    [HEAD, ...rows].forEach((cells) => output.print(cells.join('\t')));
  } else if (command === 'revoke' && id !== undefined && /^\d{1,18}$/.test(id) && rest.length === 0) {
    const key = await keys.revoke(id, COMMAND_LINE);
    output.say(`Key ${key.keyId}, ${key.name}, is revoked`);
  } else {
    throw new UsageError(`Not understood: ${args.join(' ')}`);
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { name: { type: 'string' }, scopes: { type: 'string' }, expires: { type: 'string' } },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** By the rules of the REST API. */
function keyFrom({ name, scopes, expires }: { name?: string; scopes?: string; expires?: string }): CreateKeyDto {
  const dto = plainToInstance(CreateKeyDto, {
    name,
    scopes: scopes?.split(',').map((scope) => scope.trim()),
    expiresAt: expires,
  });
  const problems = validateSync(dto, { stopAtFirstError: true }).flatMap((error) => Object.values(error.constraints ?? {}));
  if (problems.length > 0) {
    throw new UsageError(problems.join('; '));
  }
  return dto;
}

const HEAD = ['id', 'name', 'scopes', 'created', 'last used', 'state'];

function row({ keyId, name, scopes, createdAt, lastUsedAt, expiresAt, revokedAt }: Key): string[] {
  return [keyId, name, scopes.join(','), time(createdAt), time(lastUsedAt), state(expiresAt, revokedAt)];
}

function state(expiresAt: Date | null, revokedAt: Date | null): string {
  if (revokedAt) {
    return `revoked ${time(revokedAt)}`;
  }
  if (!expiresAt) {
    return 'good';
  }
  return `${expiresAt.getTime() > Date.now() ? 'good until' : 'expired'} ${time(expiresAt)}`;
}

function time(value: Date | null): string {
  return value?.toISOString() ?? 'never';
}
