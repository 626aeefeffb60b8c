/**
 * npm run build:console: builds console/ into dist/console and puts each text file there in compressed form beside itself, as the gateway serves it.
 * Brotli is what browsers take over TLS and on localhost, gzip what they take otherwise.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));
const out = join(root, 'dist', 'console');
const COMPRESSED = /\.(html|js|mjs|css|svg|json|md|txt)$/;
/** A smaller file fits into one packet as it is. */
const MIN_BYTES = 1_024;

await build({ configFile: join(root, 'console', 'vite.config.ts'), logLevel: 'warn' });
for (const entry of readdirSync(out, { recursive: true, withFileTypes: true })) {
  const file = join(entry.parentPath, entry.name);
  if (!entry.isFile() || !COMPRESSED.test(entry.name)) {
    continue;
  }
  const content = readFileSync(file);
  if (content.length >= MIN_BYTES) {
    const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: content.length };
    writeFileSync(`${file}.br`, brotliCompressSync(content, { params }));
    writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }));
  }
}
