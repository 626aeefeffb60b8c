import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { DomainError } from '../errors/errors.js';
import { shorten } from './problem.filter.js';

/** What a route pattern of Fastify has in the place of a parameter. */
const PARAMETER = /^:/;

const MAX_PATH_CHARACTERS = 200;

/** The path exists, but not with this method; the header Allow names the methods. */
class MethodNotAllowedError extends DomainError {
  override readonly name = 'MethodNotAllowedError';
  readonly code = 'METHOD_NOT_ALLOWED';
  readonly httpStatus = 405;

  constructor(method: string, path: string, allowed: readonly string[]) {
    super(`${shorten(path, MAX_PATH_CHARACTERS)} takes ${allowed.join(', ')}, not ${method}`);
  }
}

/** A path that exists answers 405 with \`Allow\` to a method that it does not have (RFC 9110, 15.5.6). After the authentication. */
export function refuseOtherMethods(app: NestFastifyApplication, allowedMethods: AllowedMethods): void {
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onRequest', (request, reply, done) => {
      const path = request.url.split('?')[0]!;
      const allowed = request.is404 ? allowedMethods.of(path) : [];
      if (allowed.length === 0) {
        done();
        return;
      }
      void reply.header('allow', allowed.join(', '));
      done(new MethodNotAllowedError(request.method, path, allowed));
    });
}

/** The methods of each path that has a route. */
export class AllowedMethods {
  private readonly routes: { readonly segments: readonly string[]; readonly method: string }[] = [];

  /** Has to be called before routes are made. */
  static collect(app: NestFastifyApplication): AllowedMethods {
    const allowed = new AllowedMethods();
    app
      .getHttpAdapter()
      .getInstance()
      .addHook('onRoute', ({ method, url }) => [method].flat().forEach((one) => allowed.add(one, url)));
    return allowed;
  }

  /** @param pattern as Fastify writes it: `/api/v1/devices/:imei`. */
  add(method: string, pattern: string): void {
    // A pattern with a wildcard matches whatever no other route does: it says nothing about a path.
    if (!pattern.includes('*')) {
      this.routes.push({ segments: pattern.split('/'), method });
    }
  }

  /** In alphabetical order; empty when no route has this path. */
  of(path: string): readonly string[] {
    const segments = path.split('/');
    const methods = this.routes.filter((route) => matches(route.segments, segments)).map(({ method }) => method);
    return [...new Set(methods)].sort();
  }
}

function matches(pattern: readonly string[], segments: readonly string[]): boolean {
  return (
    pattern.length === segments.length &&
    pattern.every((expected, index) => (PARAMETER.test(expected) ? segments[index] !== '' : expected === segments[index]))
  );
}
