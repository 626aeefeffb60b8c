import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
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

/**
 * The functions whose content is not the one in the database. During a rolling update an instance of the older version may start again after the
 * newer one has replaced a function: a function that a newer version has applied is not pending.
 */
export async function findPendingFunctions(
  queryRunner: QueryRunner,
  { version, functions }: SqlFunctions,
): Promise<SqlFunction[]> {
  const [{ exists }] = (await queryRunner.query(`select to_regclass('tbl_iot_functions') is not null as exists`)) as [
    { exists: boolean },
  ];
  const rows = exists ? ((await queryRunner.query('select * from tbl_iot_functions')) as AppliedFunction[]) : [];
  const applied = new Map(rows.map((row) => [row.name, row]));
  return functions.filter(({ name, sql }) => {
    const known = applied.get(name);
    return known === undefined || (known.sha256 !== sha256(sql) && !isOlder(version, known.version));
  });
}

/** Creates or replaces all of them, or none. */
export async function applyFunctions(queryRunner: QueryRunner, { version, functions }: SqlFunctions): Promise<void> {
  await queryRunner.startTransaction();
  try {
    await queryRunner.query(
      'create table if not exists tbl_iot_functions (name text primary key, sha256 text not null, version text not null)',
    );
    // A function may call one that is created after it.
    await queryRunner.query('set local check_function_bodies = off');
    for (const { name, sql } of functions) {
      await queryRunner.query(sql);
      await queryRunner.query(
        `insert into tbl_iot_functions (name, sha256, version) values ($1, $2, $3)
         on conflict (name) do update set sha256 = excluded.sha256, version = excluded.version`,
        [name, sha256(sql), version],
      );
    }
    await queryRunner.commitTransaction();
  } catch (error) {
    await queryRunner.rollbackTransaction().catch(() => undefined);
    throw error;
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** The version of the gateway, from the package.json beside `src/` or `dist/`. */
async function packageVersion(): Promise<string> {
  const candidates = ['../package.json', '../../package.json'].map((path) => fileURLToPath(new URL(path, SOURCES)));
  const text = await readFile(candidates.find((path) => existsSync(path)) ?? '', 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

function isOlder(version: string, other: string): boolean {
  return version.localeCompare(other, 'en', { numeric: true }) < 0;
}
