/**
 * What a browser may do with the console's pages: nothing beyond this origin. MapLibre needs a worker of its own origin, and images that it makes
 * itself (blob, data). Styles are files; a style that a script sets on an element needs no exception.
 *
 * @param mapStyleUrl CONSOLE_MAP_STYLE_URL: its origin, and no other, is added for what a map loads
 */
export function contentPolicy(mapStyleUrl: string | undefined): string {
  const map = mapStyleUrl === undefined ? [] : [new URL(mapStyleUrl).origin];
  const directives: readonly [name: string, ...sources: string[]][] = [
    ['default-src', "'self'"],
    ['script-src', "'self'"],
    ['style-src', "'self'"],
    ['img-src', "'self'", 'data:', 'blob:', ...map],
    ['connect-src', "'self'", ...map],
    ['worker-src', "'self'"],
    ['object-src', "'none'"],
    ['base-uri', "'none'"],
    ['form-action', "'self'"],
    ['frame-ancestors', "'none'"],
  ];
  return directives.map((directive) => directive.join(' ')).join('; ');
}
