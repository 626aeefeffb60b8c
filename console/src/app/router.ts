import { computed, signal } from '@preact/signals';

/** Of every address of the console, without the slash at its end. */
export const BASE = '/console';

/** Where the browser is: the path below /console, and what follows it. */
export interface Place {
  readonly path: string;
  readonly search: string;
}

function readPlace(): Place {
  const { pathname, search } = window.location;
  const below = pathname.startsWith(`${BASE}/`) ? pathname.slice(BASE.length) : '/';
  return { path: below.length > 1 ? below.replace(/\/+$/, '') : '/', search };
}

const current = signal<Place>(readPlace());

/** The path below /console: `/`, `/devices/350612000000008`. */
export const path = computed(() => current.value.path);
/** The filters of a screen live here, so that an address can be shared. */
export const query = computed(() => new URLSearchParams(current.value.search));

window.addEventListener('popstate', () => (current.value = readPlace()));

/** @param to below /console, with its query: `/devices?state=connected` */
export function navigate(to: string, { replace = false }: { readonly replace?: boolean } = {}): void {
  const url = BASE + to;
  if (replace) {
    window.history.replaceState(null, '', url);
  } else {
    window.history.pushState(null, '', url);
  }
  current.value = readPlace();
}

/** Sets parameters of the query, in place; an empty or undefined one is removed. */
export function setQuery(changes: Readonly<Record<string, string | undefined>>, { replace = true } = {}): void {
  const next = new URLSearchParams(query.value);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined || value === '') {
      next.delete(name);
    } else {
      next.set(name, value);
    }
  }
  const text = next.toString();
  navigate(path.value + (text === '' ? '' : `?${text}`), { replace });
}

/** The parameters of a path that a pattern like `/devices/:imei` matches; null when it does not. */
export function matchPath(pattern: string, actual: string): Readonly<Record<string, string>> | null {
  const [expected, given] = [pattern.split('/'), actual.split('/')];
  if (expected.length !== given.length) {
    return null;
  }
  const params: Record<string, string> = {};
  for (const [index, part] of expected.entries()) {
    const value = given[index] ?? '';
    if (part.startsWith(':') && value !== '') {
      params[part.slice(1)] = decode(value);
    } else if (part !== value) {
      return null;
    }
  }
  return params;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Not a valid encoding: shown as it is.
    return text;
  }
}
