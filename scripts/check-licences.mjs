// Fails when a package that the gateway ships with has a licence that asks more of its users than to be named.
// Reads package-lock.json (of this folder, or of the one named on the command line), so that packages for other platforms count too; what is installed overrules what the lock says.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

const folder = process.argv[2] ?? '.';

const PERMISSIVE = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MIT-0',
  'PostgreSQL',
  'Python-2.0',
  'Unlicense',
  'Zlib',
]);

/** An SPDX expression: one side of an OR is enough, both of an AND are needed. AND binds tighter. */
function isPermissive(expression) {
  const tokens = expression.match(/\(|\)|[^\s()]+/g) ?? [];
  let at = 0;
  const any = () => {
    let result = all();
    while (tokens[at] === 'OR') {
      at++;
      result = all() || result;
    }
    return result;
  };
  const all = () => {
    let result = one();
    while (tokens[at] === 'AND') {
      at++;
      result = one() && result;
    }
    return result;
  };
  const one = () => {
    const token = tokens[at++];
    if (token !== '(') {
      return PERMISSIVE.has(token);
    }
    const result = any();
    return tokens[at++] === ')' && result;
  };
  const result = any();
  // "GPL-2.0 WITH Classpath-exception" and other words left over are not understood, so not permitted.
  return result && at === tokens.length;
}

function licenceOf(path, locked) {
  const file = join(folder, path, 'package.json');
  const { license, licenses } = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { license: locked };
  const several = Array.isArray(licenses) ? licenses.map(({ type }) => type).join(' OR ') : undefined;
  return (typeof license === 'object' ? license?.type : license) ?? several ?? 'no licence';
}

const { packages } = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8'));
const counts = new Map();
let refused = 0;
for (const [path, { dev, link, license }] of Object.entries(packages)) {
  if (path === '' || dev || link) {
    continue;
  }
  const licence = licenceOf(path, license);
  counts.set(licence, (counts.get(licence) ?? 0) + 1);
  if (!isPermissive(licence)) {
    refused++;
    console.error(`${path.replace(/^.*node_modules\//, '')}: ${licence} is not on the list of permissive licences`);
  }
}
console.log(`Licences of production packages: ${[...counts].map(([licence, count]) => `${licence} ${count}`).join(', ')}`);
process.exitCode = refused > 0 ? 1 : 0;
