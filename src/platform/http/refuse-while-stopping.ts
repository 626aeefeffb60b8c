import { HttpStatus } from '@nestjs/common';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { DomainError } from '../errors/domain-error.js';

/** Another instance, or the next process, can be tried at once. */
const RETRY_AFTER_SECONDS = 1;

class StoppingError extends DomainError {
  override readonly name = 'StoppingError';
  readonly code = 'STOPPING';
  readonly httpStatus = HttpStatus.SERVICE_UNAVAILABLE;

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
