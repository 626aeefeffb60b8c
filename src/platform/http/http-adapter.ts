import { type Socket } from 'node:net';
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import { HttpStatus } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type FastifyError, type FastifyReply, type FastifyRequest } from 'fastify';
import { type Problem, shorten } from './problem.filter.js';
import { randomUUID } from 'node:crypto';
import { DomainError } from '../errors/errors.js';

/** HTTP's 431, which Nest has no name for. */
const HEADERS_TOO_LARGE = 431;
/** Long enough for a cursor in a path, short enough for no attack. */
const MAX_PARAM_LENGTH = 500;
/** The request line and all headers. Node's default of 16 KiB is less than a request for 1,000 IMEIs. */
const MAX_HEADER_BYTES = 32_768;
/** A URL that is refused is repeated in the answer. */
const MAX_ERROR_CHARACTERS = 200;
/** How often Node looks for requests that are slower than their time limit. Its default of 30 s would make a limit of 10 s one of 40. */
const SLOW_CLIENT_CHECK_MS = 1_000;
/** Time to read a refusal before the connection is gone, for a client that does not close it. */
const LINGER_MS = 1_000;

/** Fastify, with its own refusals (of requests that reach no route) in the form of all other errors. */
export function createHttpAdapter(): FastifyAdapter {
  return new FastifyAdapter({
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    http: { connectionsCheckingInterval: SLOW_CLIENT_CHECK_MS, maxHeaderSize: MAX_HEADER_BYTES },
    // Fastify's own taking of the header would take anything.
    requestIdHeader: false,
    // Its answer while closing has a form of its own: see refuseWhileStopping.
    return503OnClosing: false,
    genReqId: requestIdOf,
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
      const status = error.statusCode ?? HttpStatus.BAD_REQUEST;
      void reply.status(status).header(REQUEST_ID_HEADER, request.id).send(problemOf(status, error.message));
    },
    clientErrorHandler: (error: NodeJS.ErrnoException, socket: Socket) => {
      if (error.code === 'ECONNRESET' || socket.destroyed) {
        return;
      }
      const { status, text } = clientError(error.code);
      const body = JSON.stringify(problemOf(status, text));
      socket.end(
        `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
      );
      setTimeout(() => socket.destroy(), LINGER_MS).unref();
    },
  });
}

function clientError(code: string | undefined): { status: number; text: string } {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return { status: HEADERS_TOO_LARGE, text: 'The headers are too large' };
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return { status: HttpStatus.REQUEST_TIMEOUT, text: 'The request took too long to arrive' };
    case 'HPE_INVALID_METHOD':
      return { status: HttpStatus.NOT_IMPLEMENTED, text: 'The method is not supported' };
    default:
      return { status: HttpStatus.BAD_REQUEST, text: 'The request is not valid HTTP' };
  }
}

function problemOf(status: number, error: string): Problem {
  return { success: false, error: shorten(error, MAX_ERROR_CHARACTERS), code: HttpStatus[status] ?? 'BAD_REQUEST' };
}

export const REQUEST_ID_HEADER = 'x-request-id';
/** It is written into logs, the audit and answers: nothing that could break a line or pretend to be something else. */
const SANE = /^[A-Za-z0-9._:/+=-]{1,128}$/;

/** The id that a balancer or the host gave a request, if it is a sane one, else a new one. */
export function requestIdOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers[REQUEST_ID_HEADER];
  return typeof given === 'string' && SANE.test(given) ? given : randomUUID();
}

/** Another instance, or the next process, can be tried at once. */
const RETRY_AFTER_SECONDS = 1;

/** This instance is stopping; another one serves the request. */
export class StoppingError extends DomainError {
  override readonly name = 'StoppingError';
  readonly code = 'STOPPING';
  readonly httpStatus = HttpStatus.SERVICE_UNAVAILABLE;
  override readonly retryAfterSeconds = RETRY_AFTER_SECONDS;

  constructor() {
    super('The gateway is stopping, try again');
  }
}

/** Requests that arrive on a kept connection after the HTTP port was closed are refused, with the error body of all others. */
export function refuseWhileStopping(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  let isStopping = false;
  fastify.addHook('preClose', (done) => {
    isStopping = true;
    done();
  });
  fastify.addHook('onRequest', (_request, reply, done) => {
    if (isStopping) {
      reply.header('retry-after', RETRY_AFTER_SECONDS);
    }
    done(isStopping ? new StoppingError() : undefined);
  });
}
