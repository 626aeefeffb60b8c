import { type Goal } from './figure.js';
import { type Summary } from './summary.js';

/** Columns as wide as their widest cell; with a saved run, what it had and how this one compares. */
export function renderTable(summaries: readonly Summary[], before: readonly Summary[] | null = null): string {
  const head = ['figure', 'median', 'least to most', 'beside it', 'ratio', 'goal', ...(before ? ['before', 'now/before'] : [])];
  const rows = summaries.map((summary) => [...cells(summary), ...(before ? compared(summary, before) : [])]);
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)));
  const render = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd();
  return [head, widths.map((width) => '-'.repeat(width)), ...rows].map(render).join('\n');
}

/** 91556 -> "91,556"; 7.155 -> "7.16" with two digits behind the point. */
export function number(value: number, digits = 0): string {
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function cells({ name, unit, median, least, most, limit, ratio, goal, isMet }: Summary): string[] {
  return [
    name,
    `${short(median)} ${unit}`,
    least === most ? '' : `${short(least)} to ${short(most)}`,
    limit ? `${limit.name}: ${short(limit.median)}` : '',
    ratio === null ? '' : number(ratio, 2),
    goal ? `${isMet ? 'met' : 'MISSED'}: ${goalText(goal, unit)}` : '',
  ];
}

function compared({ name, unit, median }: Summary, before: readonly Summary[]): string[] {
  const same = before.find((summary) => summary.name === name && summary.unit === unit);
  return same ? [`${short(same.median)} ${unit}`, number(median / same.median, 2)] : ['', ''];
}

function goalText({ kind, value, of }: Goal, unit: string): string {
  return of === 'ratio' ? `ratio ${kind} ${value}` : `${kind} ${value.toLocaleString('en-US')} ${unit}`;
}

/** Three digits, or all before the point. */
function short(value: number): string {
  const magnitude = Math.abs(value);
  if (magnitude >= 100 || value === 0) {
    return number(value);
  }
  return number(value, magnitude >= 10 ? 1 : 2);
}
