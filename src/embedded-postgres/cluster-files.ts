import { basename, dirname, join, resolve } from 'node:path';

/** Where everything of one cluster lies. The folder that holds it is called its home. */
export interface ClusterFiles {
  readonly home: string;
  /** The first part of the name of everything here. */
  readonly name: string;
  readonly dataDir: string;
  /** Exists in every finished cluster: initdb's work is renamed into place as a whole. */
  readonly versionFile: string;
  readonly pidFile: string;
  readonly passwordFile: string;
  readonly logFile: string;
}

export function clusterFiles(dataDir: string): ClusterFiles {
  const path = resolve(dataDir);
  return {
    home: dirname(path),
    name: basename(path),
    dataDir: path,
    versionFile: join(path, 'PG_VERSION'),
    pidFile: join(path, 'postmaster.pid'),
    passwordFile: `${path}.password`,
    logFile: `${path}.log`,
  };
}
