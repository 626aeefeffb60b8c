import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { NodeProcess } from '../support/node-process.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const SCRIPT = fileURLToPath(new URL('../../scripts/generate-schema.mjs', import.meta.url));
const REFERENCE = new URL('../../docs/reference/schema.sql', import.meta.url);

async function describeSchema(database: TestDatabase): Promise<string[]> {
  const process = new NodeProcess({ args: [SCRIPT, '--stdout', '--database', database.url] });
  await process.exit;
  return process.lines;
}

/** Its name says what to do when it fails. */
it('docs/reference/schema.sql is the schema of a migrated database: `npm run schema` writes it', async () => {
  const database = await createTestDatabase();
  const reference = await readFile(REFERENCE, 'utf8');
  expect((await describeSchema(database)).join('\n').trimEnd()).toBe(reference.trimEnd());
  await database.drop();
});

it('docs/reference/schema.sql leaves nothing out: it creates a database with the same schema', async () => {
  const database = await createTestDatabase({ migrated: false });
  const reference = await readFile(REFERENCE, 'utf8');
  await database.query(reference);
  expect((await describeSchema(database)).join('\n').trimEnd()).toBe(reference.trimEnd());
  await database.drop();
});
