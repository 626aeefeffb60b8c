import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const SCRIPT = fileURLToPath(new URL('../scripts/generate-reference.mjs', import.meta.url));

describe('the pages of docs/reference/', () => {
  // The page of metrics needs a running gateway: test/e2e/observability.e2e-spec.ts compares it.
  it('are what npm run reference makes', async () => {
    const { stderr } = await promisify(execFile)(process.execPath, [SCRIPT, '--check']);
    expect(stderr).toBe('');
  });
});
