import { readFileSync } from 'node:fs';

export interface Output {
  readonly kind: 'json' | 'text';
  readonly text: string;
  /** Part of the command whose output it is; null: of the block before it. */
  readonly of: string | null;
  readonly line: number;
}

export interface ShellBlock {
  readonly code: string;
  readonly line: number;
  /** What is printed; of several JSON outputs one is expected. */
  readonly outputs: Output[];
}

/** The shell blocks of a page, each with the blocks `json output`, `text output` or `text output of ...` that follow it. */
export function shellBlocksOf(page: URL): ShellBlock[] {
  const blocks: ShellBlock[] = [];
  const text = readFileSync(page, 'utf8');
  for (const { 1: info = '', 2: code = '', index } of text.matchAll(/^ *```(\S[^\n]*)\n(.*?)^ *```$/gms)) {
    const line = text.slice(0, index).split('\n').length;
    const [, kind, of = null] = /^(json|text) output(?: of (.*))?$/.exec(info) ?? [];
    if (info === 'sh') {
      blocks.push({ code, line, outputs: [] });
    } else if (kind === 'json' || kind === 'text') {
      blocks.at(-1)?.outputs.push({ kind, text: code.trimEnd(), of, line });
    }
  }
  return blocks;
}

/** Digits, times, ids and the name of the machine differ from run to run; `...` stands for anything within a line. */
export function matchesLine(expected: string, actual: string): boolean {
  const parts = mask(expected).split('...');
  const pattern = parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.*');
  return new RegExp(`^${pattern}$`).test(mask(actual));
}

function mask(text: string): string {
  return text
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<uuid>')
    .replace(/-?\d+(\.\d+)?/g, '0')
    .trimEnd();
}

/** Whether the lines contain those of the documentation in their order; a line `...` stands for any lines, which others may lie between anyway. */
export function containsLines(expected: string, actual: readonly string[]): boolean {
  let from = 0;
  for (const line of expected.split('\n').filter((text) => text.trim() !== '...')) {
    const index = actual.findIndex((candidate, at) => at >= from && matchesLine(line, candidate));
    if (index < 0) {
      return false;
    }
    from = index + 1;
  }
  return true;
}

/**
 * The first difference of a printed JSON value from the one in the documentation, null when there is none. Numbers may differ, and texts in their digits.
 * `"..."` stands for any value, as a name for any further members. A list may be longer than in the documentation.
 */
export function jsonDifference(expected: unknown, actual: unknown, path = '$'): string | null {
  if (expected === '...') {
    return null;
  }
  if (typeof expected === 'string' && typeof actual === 'string') {
    return matchesLine(expected, actual) ? null : `${path} is ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`;
  }
  if (Array.isArray(expected) && Array.isArray(actual)) {
    return expected.length > actual.length ? `${path} has ${actual.length} elements` : firstDifference(expected, actual, path);
  }
  if (isObject(expected) && isObject(actual)) {
    const unknown = '...' in expected ? [] : Object.keys(actual).filter((name) => !(name in expected));
    const { '...': _more, ...members } = expected;
    return unknown.length > 0 ? `${path} has also ${unknown.join(', ')}` : firstDifference(members, actual, path);
  }
  const isSame = typeof expected === 'number' ? typeof actual === 'number' : expected === actual;
  return isSame ? null : `${path} is ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`;
}

function firstDifference(expected: object, actual: object, path: string): string | null {
  for (const [name, value] of Object.entries(expected)) {
    const found = jsonDifference(value, (actual as Record<string, unknown>)[name], `${path}.${name}`);
    if (found !== null) {
      return found;
    }
  }
  return null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
