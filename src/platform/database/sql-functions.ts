import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import lt from 'semver/functions/lt.js';
import { type QueryRunner } from 'typeorm';

/** `src/`, or `dist/src/` in the built gateway: the build copies the files. */
const SOURCES = new URL('../../', import.meta.url);

/** One function in SQL: a file `<feature>/sql/<name>.sql`, which creates or replaces it. */
export interface SqlFunction {
  readonly name: string;
  readonly sql: string;
}

/** The functions of one version of the gateway. */
export interface SqlFunctions {
  /** Of the gateway: `1.2.3`. */
  readonly version: string;
  readonly functions: readonly SqlFunction[];
}

interface AppliedFunction {
  readonly name: string;
  readonly sha256: string;
  readonly version: string;
}

/** Reads the functions that this version of the gateway needs, in the order of their names. */
export async function readSqlFunctions(): Promise<SqlFunctions> {
  const files = (await readdir(SOURCES, { recursive: true, withFileTypes: true })).filter(
    (entry) => entry.isFile() && /[\\/]sql$/.test(entry.parentPath) && entry.name.endsWith('.sql'),
  );
  const functions = files.map(async ({ parentPath, name }) => ({
    name: name.replace(/\.sql$/, ''),
    sql: await readFile(`${parentPath}/${name}`, 'utf8'),
  }));
  return {
    version: await packageVersion(),
    functions: (await Promise.all(functions)).sort((one, other) => one.name.localeCompare(other.name)),
  };
}

/** What has to be done so that the database has the functions of this version. */
export interface FunctionChanges {
  /** Created or replaced: their content is not the one in the database. */
  readonly pending: readonly SqlFunction[];
  /** Dropped: an earlier version has created them, and this one has no file of that name. */
  readonly unused: readonly string[];
}

/**
 * Compares the functions with those in the database. During a rolling update an instance of the older version may start again after the newer one
 * has replaced or created a function: what a newer version has applied is neither pending nor unused.
 */
export async function findFunctionChanges(
  queryRunner: QueryRunner,
  { version, functions }: SqlFunctions,
): Promise<FunctionChanges> {
  const [{ exists }] = (await queryRunner.query(`select to_regclass('tbl_iot_functions') is not null as exists`)) as [
    { exists: boolean },
  ];
  const rows = exists ? ((await queryRunner.query('select * from tbl_iot_functions order by name')) as AppliedFunction[]) : [];
  const applied = new Map(rows.map((row) => [row.name, row]));
  const names = new Set(functions.map(({ name }) => name));
  return {
    pending: functions.filter(({ name, sql }) => {
      const known = applied.get(name);
      return known === undefined || (known.sha256 !== sha256(sql) && !lt(version, known.version));
    }),
    unused: rows.filter((row) => !names.has(row.name) && !lt(version, row.version)).map(({ name }) => name),
  };
}

/** Creates, replaces and drops all of them, or none. Returns the names, those of dropped ones behind the word drop. */
export async function applyFunctionChanges(
  queryRunner: QueryRunner,
  version: string,
  { pending, unused }: FunctionChanges,
): Promise<string[]> {
  await queryRunner.startTransaction();
  try {
    await queryRunner.query(
      'create table if not exists tbl_iot_functions (name text primary key, sha256 text not null, version text not null)',
    );
    // A function may call one that is created after it.
    await queryRunner.query('set local check_function_bodies = off');
    for (const { name, sql } of pending) {
      await queryRunner.query(sql);
      await queryRunner.query(
        `insert into tbl_iot_functions (name, sha256, version) values ($1, $2, $3)
         on conflict (name) do update set sha256 = excluded.sha256, version = excluded.version`,
        [name, sha256(sql), version],
      );
    }
    for (const name of unused) {
      await dropFunction(queryRunner, name);
    }
    await queryRunner.commitTransaction();
  } catch (error) {
    await queryRunner.rollbackTransaction().catch(() => undefined);
    throw error;
  }
  return [...pending.map(({ name }) => name), ...unused.map((name) => `drop ${name}`)];
}

/** With all its lists of parameters: a file whose parameters have changed has created one function for each of them. */
async function dropFunction(queryRunner: QueryRunner, name: string): Promise<void> {
  const found = (await queryRunner.query(
    `select oid::regprocedure::text as signature from pg_proc where proname = $1 and pronamespace = current_schema()::regnamespace`,
    [name],
  )) as { signature: string }[];
  for (const { signature } of found) {
    await queryRunner.query(`drop function ${signature}`);
  }
  await queryRunner.query('delete from tbl_iot_functions where name = $1', [name]);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** The version of the gateway, from the package.json beside `src/` or `dist/`. */
export async function packageVersion(): Promise<string> {
  const candidates = ['../package.json', '../../package.json'].map((path) => fileURLToPath(new URL(path, SOURCES)));
  const text = await readFile(candidates.find((path) => existsSync(path)) ?? '', 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
