import { readdirSync } from 'node:fs';
import { DocumentedPage } from '../support/documented-page.js';
import { shellBlocksOf, type ShellBlock } from '../support/documented-blocks.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const ROOT = new URL('../../', import.meta.url);
/** Several processes start on a page. */
const TIMEOUT_MS = 180_000;
/** Pages whose blocks need what a test has not, with what checks them instead. */
const NOT_RUN = new Map([
  ['docs/guides/backup.md', 'pg_dump and pg_restore, which the embedded server does not have: npm run test:cluster'],
  ['docs/guides/kubernetes.md', 'a cluster and a registry: npm run check:deploy renders and validates the files'],
  ['docs/guides/sinks.md', 'servers of the engines: npm run test:sinks'],
  ['docs/guides/sql.md', 'psql, which the embedded server does not have'],
]);
/** What is running when a reader comes to a page that does not start a gateway itself. */
const START: ShellBlock[] = [
  'EVENT_FEED_ENABLED=true npm start',
  'npm run simulate -- --devices 3 --interval 1',
  'KEY=$(cat .data/api-key)',
].map((code) => ({ code, line: 0, outputs: [] }));

const pages = ['start', 'guides', 'operate']
  .flatMap((folder) => readdirSync(new URL(`docs/${folder}/`, ROOT)).map((name) => `docs/${folder}/${name}`))
  .concat('README.md')
  .filter((page) => page.endsWith('.md') && blocksOf(page).length > 0);
const played = pages.filter((page) => !NOT_RUN.has(page));
const starting = played.filter((page) => blocksOf(page).some(({ code }) => code.includes('npm start')));

function blocksOf(page: string): ShellBlock[] {
  return shellBlocksOf(new URL(page, ROOT));
}

async function play(stage: DocumentedPage, page: string, blocks = blocksOf(page)): Promise<void> {
  for (const block of blocks) {
    const problems = await stage.play(block);
    expect(problems.map((problem) => `${page}:${block.line}: ${problem}`)).toEqual([]);
  }
}

describe('the shell blocks of the documentation', () => {
  let database: TestDatabase;
  let stage: DocumentedPage;

  it('are known where they are not run', () => {
    expect(pages).toEqual(expect.arrayContaining([...NOT_RUN.keys()]));
    expect(pages.length).toBeGreaterThan(10);
  });

  describe('of pages for a gateway that runs', () => {
    beforeAll(async () => {
      database = await createTestDatabase();
      stage = await DocumentedPage.open(database.url);
      await play(stage, 'the start', START);
    }, TIMEOUT_MS);

    afterAll(async () => {
      await stage.close();
      await database.drop();
    });

    it.each(played.filter((page) => !starting.includes(page)))(
      'of %s run, and print what the page shows',
      (page) => play(stage, page),
      TIMEOUT_MS,
    );
  });

  describe('of pages that start a gateway', () => {
    beforeEach(async () => {
      database = await createTestDatabase();
      stage = await DocumentedPage.open(database.url);
    });

    afterEach(async () => {
      await stage.close();
      await database.drop();
    });

    it.each(starting)('of %s run, and print what the page shows', (page) => play(stage, page), TIMEOUT_MS);
  });
});
