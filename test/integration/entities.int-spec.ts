import { type DataSource, type EntityMetadata, getMetadataArgsStorage, type TableColumn } from 'typeorm';
import { type ColumnMetadata } from 'typeorm/metadata/ColumnMetadata.js';
import '../../src/app.module.js';
import { createDataSource } from '../../src/platform/database/driver-statements.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

/** Where `TypeOrmModule.forFeature` puts entities. The package does not export it. */
interface EntitiesMetadata {
  readonly EntitiesMetadataStorage: { getEntitiesByDataSource(name: string): unknown[] };
}

/** Written by the migrator alone. */
const TABLES_OF_THE_MIGRATOR = ['tbl_iot_functions', 'tbl_iot_migrations'];

interface ColumnOfTable {
  readonly name: string;
  readonly type: string;
  readonly nullable: boolean;
  readonly primary: boolean;
  readonly identity: boolean;
  readonly generated: boolean;
  readonly default: boolean;
}

const COLUMNS = `
  select attname::text as name, format_type(atttypid, atttypmod) as type, not attnotnull as nullable,
         coalesce(attnum = any (conkey), false) as primary, attidentity = 'a' as identity, attgenerated = 's' as generated,
         atthasdef and attgenerated = '' as default
    from pg_attribute left join pg_constraint on conrelid = attrelid and contype = 'p'
   where attrelid = $1::regclass and attnum > 0 and not attisdropped
   order by attname`;

let database: TestDatabase;
let dataSource: DataSource;

beforeAll(async () => {
  database = await createTestDatabase();
  const entities = getMetadataArgsStorage().tables.map(({ target }) => target as new () => object);
  dataSource = await createDataSource({ type: 'postgres', url: database.url, entities }).initialize();
});

afterAll(async () => {
  await dataSource.destroy();
  await database.drop();
});

function described({ columns }: EntityMetadata): ColumnOfTable[] {
  const described = columns.map((column) => ({
    name: column.databaseName,
    type: typeOf(column),
    nullable: column.isNullable,
    primary: column.isPrimary,
    identity: column.isGenerated && column.generatedIdentity === 'ALWAYS',
    generated: column.generatedType === 'STORED',
    default: column.default !== undefined,
  }));
  return described.sort((one, other) => (one.name < other.name ? -1 : 1));
}

function typeOf(column: ColumnMetadata): string {
  const { driver } = dataSource;
  const type = driver.normalizeType(column);
  const full = driver.createFullType({ ...column, type, length: driver.getColumnLength(column) } as unknown as TableColumn);
  return full.toLowerCase().replace(' array', '[]');
}

it('every table but the partitions has one entity, which a module registers', async () => {
  const tables = await database.query<{ name: string }>(
    `select relname::text as name from pg_class
      where relkind in ('r', 'p') and not relispartition and relname like 'tbl\\_iot\\_%' and relname <> all ($1)
      order by relname`,
    [TABLES_OF_THE_MIGRATOR],
  );
  expect(dataSource.entityMetadatas.map(({ tableName }) => tableName).sort()).toEqual(tables.map(({ name }) => name));

  const storage = new URL('../../node_modules/@nestjs/typeorm/dist/entities-metadata.storage.js', import.meta.url);
  const { EntitiesMetadataStorage } = (await import(storage.pathname)) as EntitiesMetadata;
  const registered = EntitiesMetadataStorage.getEntitiesByDataSource('default');
  expect(new Set(registered)).toEqual(new Set(dataSource.entityMetadatas.map(({ target }) => target)));
});

it('every entity has the columns of its table: names, types, nullability, keys, identities, defaults', async () => {
  for (const metadata of dataSource.entityMetadatas) {
    const columns = await database.query<ColumnOfTable>(COLUMNS, [metadata.tableName]);
    expect([metadata.tableName, described(metadata)]).toEqual([metadata.tableName, columns]);
  }
});
