import {
  type ArgumentsHost,
  Catch,
  type ExceptionFilter,
  HttpException,
  HttpStatus,
  Logger,
  type ValidationError,
} from '@nestjs/common';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { DomainError } from '../errors/errors.js';
import { type DatabaseAvailability } from '../database/database-availability.js';
import { isDatabaseUnavailable } from '../database/database-errors.js';

/** An error text repeats what a client has sent: it must not grow with it. */
export const MAX_ERROR_CHARACTERS = 1_000;
const MAX_URL_CHARACTERS = 200;

/** The body of every answer that is not a success. */
export interface Problem {
  readonly success: false;
  /** For people. */
  readonly error: string;
  /** Stable, for programs. */
  readonly code: string;
  /** Of a failure that is ours: what to look for in the log. */
  readonly requestId?: string;
}

/** The HTTP status of an answer that is not a success, and its body. */
export interface ProblemAnswer {
  readonly status: number;
  readonly problem: Problem;
}

/** The one place where errors become HTTP answers. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger(ProblemFilter.name);

  constructor(private readonly database: DatabaseAvailability) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const { id: requestId } = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const { status, problem } = this.answer(error, host, requestId);
    if (error instanceof DomainError && error.retryAfterSeconds !== undefined) {
      void reply.header('retry-after', error.retryAfterSeconds);
    }
    const isOurs = status >= (HttpStatus.INTERNAL_SERVER_ERROR as number);
    void reply.status(status).send(isOurs ? { ...problem, requestId } : problem);
  }

  private answer(error: unknown, host: ArgumentsHost, requestId: string): ProblemAnswer {
    if (error instanceof DomainError) {
      return problemOf(error);
    }
    if (error instanceof HttpException) {
      return fromHttpException(error, host);
    }
    if (isClientError(error)) {
      return answer(error.statusCode, error.message, codeOf(error.statusCode));
    }
    if (isDatabaseUnavailable(error)) {
      this.database.logFailure(this.logger, `Request ${requestId} was answered 503, the database is not available`, error, {
        requestId,
      });
      return answer(HttpStatus.SERVICE_UNAVAILABLE, 'The database is not available, try again', 'DATABASE_UNAVAILABLE');
    }
    this.logger.error(error, { requestId });
    return internalProblem();
  }
}

/** What a request that can't be granted is answered with. */
export function problemOf(error: DomainError): ProblemAnswer {
  const { status, problem } = answer(error.httpStatus, error.message, error.code);
  return { status, problem: { ...problem, ...error.details } };
}

/** What a request is answered with that failed for a reason of the gateway. The log has the rest, by the id of the request. */
export function internalProblem(): ProblemAnswer {
  return answer(HttpStatus.INTERNAL_SERVER_ERROR, 'Internal error', 'INTERNAL_ERROR');
}

function fromHttpException(exception: HttpException, host: ArgumentsHost): ProblemAnswer {
  const status = exception.getStatus();
  if (status === (HttpStatus.NOT_FOUND as number)) {
    const { method, url } = host.switchToHttp().getRequest<FastifyRequest>();
    return answer(status, `There is no ${method} ${shorten(url.split('?')[0]!, MAX_URL_CHARACTERS)}`, 'ROUTE_NOT_FOUND');
  }
  if (status === (HttpStatus.UNSUPPORTED_MEDIA_TYPE as number)) {
    return answer(status, 'A body must be application/json', codeOf(status));
  }
  return answer(status, exception.message, codeOf(status));
}

function answer(status: number, error: string, code: string): ProblemAnswer {
  return { status, problem: { success: false, error: shorten(error, MAX_ERROR_CHARACTERS), code } };
}

/** BAD_REQUEST, PAYLOAD_TOO_LARGE and so on. */
function codeOf(status: number): string {
  return HttpStatus[status] ?? 'ERROR';
}

/** Fastify's own refusals: a body that is too large or not JSON. */
function isClientError(error: unknown): error is Error & { statusCode: number } {
  const statusCode: unknown = error instanceof Error && 'statusCode' in error ? error.statusCode : null;
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500;
}

/** For a value of the wrong type only the type is reported: a text is neither too small nor too large a number. */
const TYPES = ['isInt', 'isString', 'isArray', 'isDate'];

const MAX_NAME_CHARACTERS = 100;

/** Why input is refused, for people: a sentence for each fault, no sentence twice. */
export function inputReasons(errors: readonly ValidationError[]): string[] {
  return [...new Set(errors.flatMap((error) => [...reasonsOf(error), ...inputReasons(error.children ?? [])]))];
}

function reasonsOf({ property, constraints = {} }: ValidationError): string[] {
  if ('whitelistValidation' in constraints) {
    return [`${shorten(property, MAX_NAME_CHARACTERS)} is not a parameter or field of this request`];
  }
  const type = TYPES.find((name) => name in constraints);
  return type === undefined ? Object.values(constraints) : [constraints[type] ?? ''];
}

/** Cuts text that a client has sent before it is repeated in an answer or in the log. */
export function shorten(text: string, maxCharacters: number): string {
  return text.length <= maxCharacters ? text : `${text.slice(0, maxCharacters)}...`;
}
