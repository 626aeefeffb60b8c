import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const SCRIPT = fileURLToPath(new URL('../scripts/generate-reference.mjs', import.meta.url));

describe('the pages of docs/reference/', () => {
  // The page of metrics needs a running gateway: test/e2e/observability.e2e-spec.ts compares it.
  it('are what npm run reference makes', async () => {
    const { stderr } = await promisify(execFile)(process.execPath, [SCRIPT, '--check']);
    expect(stderr).toBe('');
  });

  it('call only those tables partitioned that are', async () => {
    const page = await readFile(new URL('../docs/reference/schema.md', import.meta.url), 'utf8');
    const sections = page.split('\n## ').slice(1);
    const partitioned = sections.filter((section) => section.includes('Partitioned')).map((section) => section.split('\n')[0]);
    expect(partitioned).toEqual(['tbl_iot_telemetry_data']);
    expect(page).toContain('Storage parameters: `fillfactor=80`.');
  });
});
