import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { commaSeparated } from '../../platform/config/variables.js';
import { type AccessSettings } from '../access.settings.js';
import { type ProcessSettings } from '../../platform/config/settings.js';
import { type Caller } from '../scope.js';

const KEY_FILE = 'api-key';
const OWNER_ONLY = 0o600;
/** What the keys of the settings are called in the audit: the first one so, the others with their number. */
const SETTINGS_KEY_NAME = 'IOT_API_KEY';
/** A shorter one is warned about in production. */
const RECOMMENDED_KEY_LENGTH = 24;

/** The keys of IOT_API_KEY, which may do everything. Only their digests are held. */
export class ApiKeys {
  private readonly known: readonly { readonly digest: Buffer; readonly caller: Caller }[];

  constructor(
    keys: readonly string[],
    /** The key this gateway made for itself because none was set, to be shown at its start. */
    readonly made: string | null = null,
  ) {
    this.known = keys.map((key, index) => ({
      digest: digest(key),
      caller: { keyId: null, name: nameOf(index), scopes: ['admin'] },
    }));
  }

  /** Takes IOT_API_KEY, or else the key in DATA_DIR, which is created if it does not exist. */
  static async load(api: AccessSettings, process: ProcessSettings): Promise<ApiKeys> {
    if (api.IOT_API_KEY !== undefined) {
      const keys = commaSeparated(api.IOT_API_KEY);
      warnOfShortKeys(keys, process);
      return new ApiKeys(keys);
    }
    const key = await keyOfDataDir(process.DATA_DIR);
    return new ApiKeys([key], key);
  }

  /** Compares digests of equal length in constant time, with every key: the time it takes reveals nothing. */
  find(candidate: string): Caller | null {
    const candidateDigest = digest(candidate);
    return this.findByDigest((known) => timingSafeEqual(known, candidateDigest));
  }

  /** Asks about every key. */
  findByDigest(isIt: (digest: Buffer) => boolean): Caller | null {
    return this.known.reduce<Caller | null>((found, { digest: known, caller }) => (isIt(known) ? caller : found), null);
  }
}

function warnOfShortKeys(keys: readonly string[], { NODE_ENV }: ProcessSettings): void {
  const short = keys.flatMap((key, index) => (key.length < RECOMMENDED_KEY_LENGTH ? [nameOf(index)] : []));
  if (NODE_ENV === 'production' && short.length > 0) {
    new Logger(ApiKeys.name).warn(
      `${short.join(', ')}: shorter than ${RECOMMENDED_KEY_LENGTH} characters and may do everything; openssl rand -hex 24 makes a key that can not be guessed`,
    );
  }
}

function nameOf(index: number): string {
  return index === 0 ? SETTINGS_KEY_NAME : `${SETTINGS_KEY_NAME}#${index + 1}`;
}

async function keyOfDataDir(dataDir: string): Promise<string> {
  const file = join(dataDir, KEY_FILE);
  await mkdir(dataDir, { recursive: true });
  try {
    await writeFile(file, `${randomBytes(24).toString('base64url')}\n`, { flag: 'wx', mode: OWNER_ONLY });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
      throw error;
    }
  }
  return (await readFile(file, 'utf8')).trim();
}

function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
