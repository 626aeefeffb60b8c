import { fileURLToPath } from 'node:url';
import { NodeProcess } from './node-process.js';

const MAIN = fileURLToPath(new URL('../../dist/src/main.js', import.meta.url));

export interface GatewayProcessOptions {
  /** Where it runs: `.env` and `.data/` are looked for there. */
  cwd: string;
  /** The whole environment, but for PATH and HOME. */
  env?: Record<string, string>;
}

/** Starts the built gateway as a user would. */
export function startGatewayProcess({ cwd, env = {} }: GatewayProcessOptions): NodeProcess {
  return new NodeProcess({ args: [MAIN], cwd, env });
}
