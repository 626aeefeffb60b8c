import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const SCRIPT = fileURLToPath(new URL('../scripts/generate-open-api.mjs', import.meta.url));

describe('docs/reference/openapi.json and the types of the client', () => {
  it('are what npm run openapi makes', async () => {
    const { stderr } = await promisify(execFile)(process.execPath, [SCRIPT, '--check']);
    expect(stderr).toBe('');
  });
});
