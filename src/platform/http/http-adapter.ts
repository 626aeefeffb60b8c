import { type Socket } from 'node:net';
import { STATUS_CODES } from 'node:http';
import { HttpStatus } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { type FastifyError, type FastifyReply, type FastifyRequest } from 'fastify';
import { type Problem } from './problem.filter.js';

/** HTTP's 431, which Nest has no name for. */
const HEADERS_TOO_LARGE = 431;
/** Long enough for a cursor in a path, short enough for no attack. */
const MAX_PARAM_LENGTH = 500;

/** Fastify, with its own refusals (of requests that reach no route) in the form of all other errors. */
export function createHttpAdapter(): FastifyAdapter {
  return new FastifyAdapter({
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    frameworkErrors: (error: FastifyError, _request: FastifyRequest, reply: FastifyReply) => {
      const status = error.statusCode ?? HttpStatus.BAD_REQUEST;
      void reply.status(status).send(problemOf(status, error.message));
    },
    clientErrorHandler: (error: NodeJS.ErrnoException, socket: Socket) => {
      if (error.code === 'ECONNRESET' || socket.destroyed) {
        return;
      }
      const status = error.code === 'HPE_HEADER_OVERFLOW' ? HEADERS_TOO_LARGE : HttpStatus.BAD_REQUEST;
      const body = JSON.stringify(problemOf(status, 'The request is not valid HTTP'));
      socket.end(
        `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
      );
    },
  });
}

function problemOf(status: number, error: string): Problem {
  return { success: false, error, code: HttpStatus[status] ?? 'BAD_REQUEST' };
}
