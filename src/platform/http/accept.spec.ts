import { preferredType } from './accept.js';

const OFFERED = ['application/json', 'text/csv', 'application/geo+json'] as const;

it.each([
  [undefined, 'application/json'],
  ['', 'application/json'],
  ['*/*', 'application/json'],
  ['text/csv', 'text/csv'],
  ['TEXT/CSV; charset=utf-8', 'text/csv'],
  ['application/*', 'application/json'],
  ['application/geo+json', 'application/geo+json'],
  ['text/html,application/xhtml+xml,*/*;q=0.8', 'application/json'],
  ['application/json;q=0.5, text/csv;q=0.9', 'text/csv'],
  ['application/json;q=0, */*', 'text/csv'],
  ['application/json;q=0.1, */*;q=0.2, text/csv;q=0', 'application/geo+json'],
  ['text/*;q=0.3, application/json;q=0.2', 'text/csv'],
  ['text/csv;q=0', null],
  ['text/html', null],
  ['text/csv;q=2', null],
  ['text/csv;q=abc', null],
  ['text, /csv, text/csv/x', null],
  ['application/json;q=0.5,text/csv;q=0.5', 'application/json'],
])('%j prefers %s', (accept, expected) => {
  expect(preferredType(accept, OFFERED)).toBe(expected);
});
