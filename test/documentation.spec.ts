import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MAX_README_LINES = 150;

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'SECURITY.md',
  'client/README.md',
  'console/README.md',
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md') && !name.includes('node_modules') && !name.startsWith('.vitepress'))
    .map((name) => `docs/${name}`),
];

interface Link {
  readonly target: string;
  readonly line: number;
}

/** Without blocks of code and code in a line, with the same number of lines. */
function proseOf(page: string): string[] {
  let isCode = false;
  return readFileSync(join(ROOT, page), 'utf8')
    .split('\n')
    .map((line) => {
      if (/^\s*```/.test(line)) {
        isCode = !isCode;
        return '';
      }
      return isCode ? '' : line;
    });
}

function linksOf(page: string): Link[] {
  return proseOf(page).flatMap((line, index) => {
    const withoutCode = line.replace(/`[^`]*`/g, '');
    const targets = [...withoutCode.matchAll(/\]\(([^)\s]+)\)|(?:href|src|srcset)="([^"]+)"/g)].map(([, a, b]) => a ?? b ?? '');
    return targets.filter((target) => !/^[a-z]+:/.test(target)).map((target) => ({ target, line: index + 1 }));
  });
}

/** As GitHub and VitePress make them of headings. */
function anchorsOf(page: string): Set<string> {
  const headings = proseOf(page).flatMap((line) => /^#{1,6} (.*)$/.exec(line)?.[1] ?? []);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replace(/\s/g, '-'),
    ),
  );
}

function problemOf(page: string, target: string): string | null {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? page : relative(ROOT, resolve(ROOT, dirname(page), path));
  if (!existsSync(join(ROOT, file))) {
    return 'does not exist';
  }
  if (anchor === undefined || anchor === '') {
    return null;
  }
  const isPage = file.endsWith('.md') && statSync(join(ROOT, file)).isFile();
  return isPage && anchorsOf(file).has(anchor) ? null : 'has no such heading';
}

describe('the documentation', () => {
  it(`has a README of at most ${MAX_README_LINES} lines`, () => {
    expect(readFileSync(join(ROOT, 'README.md'), 'utf8').trimEnd().split('\n').length).toBeLessThanOrEqual(MAX_README_LINES);
  });

  it('has figures in the README that docs/performance.md has too', () => {
    const rowsOf = (page: string): string[][] =>
      proseOf(page)
        .filter((line) => line.startsWith('| '))
        .map((line) => line.split('|').map((cell) => cell.trim()));
    const measured = new Map(rowsOf('docs/performance.md').map(([, figure = '', value = '']) => [figure, value]));
    const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
    const [, section = ''] = /^## Figures\n(.*?)^## /ms.exec(readme) ?? [];
    const shown = [...section.matchAll(/^\| (.*?) +\| (.*?) +\|$/gm)].filter(([, figure = '']) => !/^(figure|-+)$/.test(figure));
    expect(shown.length).toBe(5);
    expect(shown.filter(([, figure = '', value]) => measured.get(figure) !== value)).toEqual([]);
  });

  it('has no link in a page to a file or a heading that does not exist', () => {
    const links = pages.flatMap((page) => linksOf(page).map((link) => ({ page, ...link })));
    expect(links.length).toBeGreaterThan(100);
    const broken = links.flatMap(({ page, target, line }) => {
      const problem = problemOf(page, target);
      return problem === null ? [] : [`${page}:${line}: ${target} ${problem}`];
    });
    expect(broken).toEqual([]);
  });

  it('has a changelog in the form of Keep a Changelog', () => {
    const headings = proseOf('CHANGELOG.md').filter((line) => line.startsWith('#'));
    expect(headings.slice(0, 2)).toEqual(['# Changelog', expect.stringMatching(/^## \[/)]);
    const form =
      /^(## \[(Unreleased|\d+\.\d+\.\d+(-rc\.\d+)?)\]( - \d{4}-\d{2}-\d{2})?|### (Added|Changed|Deprecated|Removed|Fixed|Security))$/;
    expect(headings.slice(1).filter((heading) => !form.test(heading))).toEqual([]);
  });
});
