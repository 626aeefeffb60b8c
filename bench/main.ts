import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../src/platform/database/embedded/embedded-postgres.js';
import { benchDecode } from './decode.js';
import { benchIngest } from './ingest.js';

const cwd = mkdtempSync(join(tmpdir(), 'iot-broker-bench-'));
const which = process.argv.slice(2);
const wants = (name: string) => which.length === 0 || which.includes(name);
if (wants('decode')) console.log(await benchDecode());
if (wants('ingest')) {
  const postgres = await startEmbeddedPostgres({ dataDir: join(cwd, 'postgres') });
  try {
    console.log(await benchIngest(postgres.url, cwd, Number(process.env.DEVICES ?? 200)));
  } finally {
    await postgres.stop();
    rmSync(cwd, { recursive: true });
  }
}
