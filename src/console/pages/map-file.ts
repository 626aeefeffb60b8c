import { existsSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { Logger, NotFoundException } from '@nestjs/common';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { UnauthorizedError } from '../../access/authentication/authentication.js';
import { ConsoleSessions } from '../sessions/console-sessions.js';

const PATH = '/console/map.pmtiles';

/**
 * Serves CONSOLE_MAP_FILE to who is signed in. The map reads the parts of it that it shows, by range requests. A browser keeps them for itself only, and asks whether
 * they have changed.
 */
export function serveMapFile(app: NestFastifyApplication, file: string | undefined): void {
  if (file !== undefined && !existsSync(file)) {
    new Logger('Console').error(`CONSOLE_MAP_FILE does not exist: ${file}`);
  }
  const sessions = app.get(ConsoleSessions, { strict: false });
  app
    .getHttpAdapter()
    .getInstance()
    .get(PATH, async (request, reply) => {
      if (!(await sessions.find(request))) {
        throw new UnauthorizedError();
      }
      if (file === undefined || !existsSync(file)) {
        throw new NotFoundException();
      }
      const path = resolve(file);
      return reply
        .header('cache-control', 'private, no-cache')
        .type('application/octet-stream')
        .sendFile(basename(path), dirname(path));
    });
}
