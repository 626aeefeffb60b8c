import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NodeProcess } from './support/node-process.js';

const SCRIPT = fileURLToPath(new URL('../scripts/check-licences.mjs', import.meta.url));

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iot-broker-licences-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function check(packages: object): Promise<{ code: number | null; output: string }> {
  await writeFile(join(folder, 'package-lock.json'), JSON.stringify({ packages: { '': { license: 'MIT' }, ...packages } }));
  const script = new NodeProcess({ args: [SCRIPT, folder] });
  const { code } = await script.exit;
  return { code, output: script.lines.join('\n') };
}

describe('the check of licences', () => {
  it('lets permissive ones pass, and whatever only developers use', async () => {
    const good = ['MIT', 'Apache-2.0 AND MIT', '(GPL-3.0 OR ISC)', '(MIT AND (BSD-3-Clause OR LGPL-3.0))'];
    const packages = Object.fromEntries(good.map((license, index) => [`node_modules/good-${index}`, { license }]));
    expect(await check({ ...packages, 'node_modules/tool': { license: 'GPL-3.0', dev: true } })).toMatchObject({ code: 0 });
  });

  it('refuses everything else, also what it does not understand', async () => {
    const bad = [
      'GPL-3.0',
      'MIT AND GPL-2.0',
      'SEE LICENSE IN LICENSE.md',
      '(MIT',
      'GPL-2.0 WITH Classpath-exception-2.0',
      'UNLICENSED',
      '',
    ];
    const packages = Object.fromEntries(bad.map((license, index) => [`node_modules/bad-${index}`, { license }]));
    const { code, output } = await check({ ...packages, 'node_modules/bad-none': {} });
    expect(code).toBe(1);
    for (const name of [...Object.keys(packages), 'node_modules/bad-none']) {
      expect(output).toContain(`${name.replace('node_modules/', '')}: `);
    }
  });
});
