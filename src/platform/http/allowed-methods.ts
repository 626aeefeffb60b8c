import { type NestFastifyApplication } from '@nestjs/platform-fastify';

/** What a route pattern of Fastify has in the place of a parameter. */
const PARAMETER = /^:/;

/** The methods of each path that the API has: a path that exists answers 405 to any other method, and names its own. */
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
