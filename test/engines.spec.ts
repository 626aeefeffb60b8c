import { readFileSync } from 'node:fs';
import { satisfies } from 'semver';

interface LockedPackage {
  readonly dev?: boolean;
  readonly engines?: { readonly node?: string };
}

const OLDEST_NODE = '20.19.0';

function read<T>(file: string): T {
  return JSON.parse(readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')) as T;
}

describe('the packages that the gateway runs with', () => {
  it('accept the oldest Node.js that package.json promises', () => {
    expect(read<{ engines: { node: string } }>('package.json').engines.node).toBe('>=20.19');
    const { packages } = read<{ packages: Record<string, LockedPackage> }>('package-lock.json');
    const installed = Object.entries(packages).filter(([path, { dev }]) => path !== '' && dev !== true);
    const refusing = installed.filter(([, { engines }]) => !satisfies(OLDEST_NODE, engines?.node ?? '*'));
    expect(installed.length).toBeGreaterThan(100);
    expect(refusing.map(([path, { engines }]) => `${path} wants Node.js ${engines?.node}`)).toEqual([]);
  });
});
