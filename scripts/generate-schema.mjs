/**
 * Makes docs/reference/schema.sql from the catalogues of a freshly migrated database: `npm run schema`.
 * With --stdout it prints the file instead; a test holds that equal to the file that is checked in.
 * With --database URL it describes that database, which is migrated already, instead of one on an embedded server.
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import pg from 'pg';

const TARGET = fileURLToPath(new URL('../docs/reference/schema.sql', import.meta.url));
const BUILT = new URL('../dist/src/', import.meta.url);
const HEADER = `-- The schema of a freshly migrated database, from its catalogues. Made by scripts/generate-schema.mjs; do not edit.
-- After a change of migrations/ or src/*/sql/: npm run schema
`;

const SEQUENCES = `
  select format('create sequence %s;', oid::regclass) as statement
    from pg_class
   where relkind = 'S' and relnamespace = 'public'::regnamespace
     and not exists (select from pg_depend where classid = 'pg_class'::regclass and objid = pg_class.oid and deptype = 'i')
   order by relname`;

const TABLES = `
  select oid, oid::regclass::text as name, obj_description(oid, 'pg_class') as comment, relispartition as "isPartition",
         case when relispartition then (select inhparent::regclass::text from pg_inherits where inhrelid = pg_class.oid) end as parent,
         pg_get_expr(relpartbound, oid) as bound,
         case when relkind = 'p' then pg_get_partkeydef(oid) end as "partitionKey", array_to_string(reloptions, ', ') as options
    from pg_class
   where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace
   order by relname`;

const COLUMNS = `
  select attname as name, format_type(atttypid, atttypmod) as type, attnotnull as "isRequired", attidentity <> '' as "isIdentity",
         attgenerated <> '' as "isGenerated", pg_get_expr(adbin, adrelid) as expression, col_description(attrelid, attnum) as comment
    from pg_attribute
    left join pg_attrdef on adrelid = attrelid and adnum = attnum
   where attrelid = $1 and attnum > 0 and not attisdropped
   order by attnum`;

const CONSTRAINTS = `
  select quote_ident(conname) as name, pg_get_constraintdef(oid) as definition, contype = 'f' as "isForeignKey"
    from pg_constraint
   where conrelid = $1 and contype in ('p', 'u', 'c', 'f', 'x') and conparentid = 0
   order by array_position(array['p', 'u', 'c', 'f', 'x'], contype::text), conname`;

const INDEXES = `
  select pg_get_indexdef(indexrelid) || ';' as statement
    from pg_index
   where indrelid = $1 and not exists (select from pg_constraint where conindid = indexrelid)
     and not exists (select from pg_inherits where inhrelid = indexrelid)
   order by indexrelid::regclass::text collate "C"`;

const FUNCTIONS = `
  select trim(trailing e'\\n' from pg_get_functiondef(oid)) || ';' as statement
    from pg_proc
   where pronamespace = 'public'::regnamespace
   order by proname, oid::regprocedure::text`;

const { values } = parseArgs({ options: { stdout: { type: 'boolean' }, database: { type: 'string' } } });
const text = values.database ? await describeDatabase(values.database) : await describeFreshDatabase();
if (values.stdout) {
  process.stdout.write(text);
} else {
  mkdirSync(fileURLToPath(new URL('../docs/reference/', import.meta.url)), { recursive: true });
  writeFileSync(TARGET, text);
}

async function describeFreshDatabase() {
  const { startEmbeddedPostgres } = await import(new URL('embedded-postgres/embedded-postgres.js', BUILT).href);
  const { runMigrations } = await import(new URL('platform/database/migrations.js', BUILT).href);
  const folder = mkdtempSync(join(tmpdir(), 'iot-broker-schema-'));
  chmodSync(folder, 0o755); // started by root, the server runs as another user
  const server = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres') });
  try {
    await runMigrations(server.url);
    return await describeDatabase(server.url);
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** In an order that can be run: sequences, tables with their indexes, foreign keys, functions. */
async function describeDatabase(url) {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const read = async (sql, parameters = []) => (await client.query(sql, parameters)).rows;
    const statements = (await read(SEQUENCES)).map(({ statement }) => statement);
    const foreignKeys = [];
    for (const table of await read(TABLES)) {
      const columns = await read(COLUMNS, [table.oid]);
      const constraints = await read(CONSTRAINTS, [table.oid]);
      statements.push(createTable(table, columns, constraints));
      statements.push(...comments(table, columns));
      statements.push(...(await read(INDEXES, [table.oid])).map(({ statement }) => statement.replaceAll(' public.', ' ')));
      foreignKeys.push(...constraints.filter(({ isForeignKey }) => isForeignKey).map((key) => addConstraint(table, key)));
    }
    // A function may call one that is created after it.
    const functions = (await read(FUNCTIONS)).map(({ statement }) => `\n${statement.replace(' public.', ' ')}`);
    return [HEADER, ...statements, '', ...foreignKeys, '', 'set check_function_bodies = off;', ...functions, ''].join('\n');
  } finally {
    await client.end();
  }
}

function createTable({ name, isPartition, parent, bound, partitionKey, options }, columns, constraints) {
  if (isPartition) {
    return `\ncreate table ${name} partition of ${parent} ${bound};`;
  }
  const lines = [
    ...columns.map(describeColumn),
    ...constraints.filter(({ isForeignKey }) => !isForeignKey).map((constraint) => describeConstraint(constraint)),
  ];
  const partitioned = partitionKey ? ` partition by ${partitionKey}` : '';
  const stored = options ? ` with (${options})` : '';
  return `\ncreate table ${name} (\n${lines.map((line) => `  ${line}`).join(',\n')}\n)${partitioned}${stored};`;
}

function describeColumn({ name, type, isRequired, isIdentity, isGenerated, expression }) {
  const parts = [name, type];
  if (isRequired) {
    parts.push('not null');
  }
  if (isIdentity) {
    parts.push('generated always as identity');
  } else if (isGenerated) {
    parts.push(`generated always as (${expression}) stored`);
  } else if (expression !== null) {
    parts.push(`default ${expression}`);
  }
  return parts.join(' ');
}

function describeConstraint({ name, definition }) {
  return `constraint ${name} ${definition}`;
}

function addConstraint(table, constraint) {
  return `alter table ${table.name} add ${describeConstraint(constraint)};`;
}

function comments(table, columns) {
  const ofColumns = columns
    .filter(({ comment }) => comment !== null)
    .map(({ name, comment }) => `comment on column ${table.name}.${name} is ${pg.escapeLiteral(comment)};`);
  return table.comment === null
    ? ofColumns
    : [`comment on table ${table.name} is ${pg.escapeLiteral(table.comment)};`, ...ofColumns];
}
