import { existsSync, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import { Logger, NotFoundException } from '@nestjs/common';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type FastifyReply } from 'fastify';
import { ConsoleSettings } from '../console.settings.js';
import { contentPolicy } from './content-policy.js';
import { serveMapFile } from './map-file.js';

const PATH = '/console';
const PAGE = 'index.html';
/** Names of the files in it have a hash of their content. */
const HASHED = 'assets/';
/** The path of a file: no screen has a dot in the last part of its address. */
const FILE_NAME = /^assets\/|\.[^/]*$/;
/** `dist/console`, where the build puts it. */
const BUILT = fileURLToPath(new URL('../../../console/', import.meta.url));

/**
 * Serves the console's files at /console/, and its one page for every other path below: which screen that is, the page itself decides. Only files
 * that were there at the start are served: no path can name another one.
 */
export async function serveConsole(app: NestFastifyApplication): Promise<void> {
  const { CONSOLE_ENABLED: isEnabled, CONSOLE_MAP_FILE: mapFile, CONSOLE_MAP_STYLE_URL: mapStyleUrl } = app.get(ConsoleSettings);
  if (!isEnabled) {
    return;
  }
  const files = builtFiles();
  if (!files.has(PAGE)) {
    new Logger('Console').warn('The console is not built: npm run build:console');
  }
  const fastify = app.getHttpAdapter().getInstance();
  await app.register(fastifyStatic, { root: BUILT, serve: false, preCompressed: true, cacheControl: false });
  const policy = contentPolicy(mapStyleUrl);
  serveMapFile(app, mapFile);
  fastify.get('/', (_request, reply) => reply.redirect(`${PATH}/`));
  fastify.get(PATH, (_request, reply) => reply.redirect(`${PATH}/`));
  fastify.get<{ Params: { '*': string } }>(`${PATH}/*`, (request, reply) => {
    const path = request.params['*'];
    const file = files.has(path) ? path : PAGE;
    // A missing file is not a screen: a page in its place would be taken for a script.
    if (!files.has(file) || (file === PAGE && path !== PAGE && FILE_NAME.test(path))) {
      throw new NotFoundException();
    }
    return sendFile(reply, file, policy);
  });
}

function sendFile(reply: FastifyReply, file: string, policy: string): FastifyReply {
  const caching = file.startsWith(HASHED) ? 'public, max-age=31536000, immutable' : 'no-cache';
  return reply.header('cache-control', caching).header('content-security-policy', policy).sendFile(file);
}

/** Without those that are beside another one in compressed form, and what the build notes for itself. */
function builtFiles(): ReadonlySet<string> {
  if (!existsSync(BUILT)) {
    return new Set();
  }
  const entries = readdirSync(BUILT, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map((entry) => relative(BUILT, join(entry.parentPath, entry.name)).split(sep).join('/'));
  return new Set(paths.filter((path) => !path.startsWith('.') && !/\.(br|gz)$/.test(path)));
}
