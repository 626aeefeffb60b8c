import { randomBytes } from 'node:crypto';
import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { type FastifyReply } from 'fastify';
import { map, type Observable } from 'rxjs';

/** Stands for a source in the text of JSON.stringify until the source takes its place; it is random, so no text of a request contains it. */
const TOKEN = randomBytes(16).toString('hex');
const TOKENS = new RegExp(`"${TOKEN}:(\\d+)"`, 'g');

/**
 * JSON that is passed on exactly as it came. Parsing it would lose what JavaScript can't hold: 64-bit ids, 1.0, the order of keys
 * that look like numbers.
 */
export class JsonSource {
  constructor(readonly text: string) {}
}

/** JSON.stringify, with every JsonSource in the value standing there as it is. */
export function stringifyJson(value: unknown): string {
  const sources: string[] = [];
  const json = JSON.stringify(value, (_key, each: unknown) =>
    each instanceof JsonSource ? `${TOKEN}:${sources.push(each.text) - 1}` : each,
  );
  return sources.length === 0 ? json : json.replace(TOKENS, (_token, index: string) => sources[Number(index)] ?? 'null');
}

/**
 * The text of one member of a JSON object, or null when it has none. Of several with the same name the last one counts, as it does for
 * JSON.parse. The text must have been parsed before: text that is not JSON is not noticed here.
 */
export function memberSource(json: string, name: string): string | null {
  let found: string | null = null;
  let position = skipBlanks(json, 0) + 1;
  while (position < json.length) {
    position = skipBlanks(json, position);
    if (json[position] !== '"') {
      return found;
    }
    const keyEnd = endOfString(json, position);
    const key: unknown = JSON.parse(json.slice(position, keyEnd));
    const valueStart = skipBlanks(json, skipBlanks(json, keyEnd) + 1);
    const valueEnd = endOfValue(json, valueStart);
    if (key === name) {
      found = json.slice(valueStart, valueEnd).trimEnd();
    }
    position = valueEnd + 1;
  }
  return found;
}

/** The text of each element of a JSON array, which must have been parsed before. */
export function elementSources(json: string): string[] {
  const elements: string[] = [];
  let position = skipBlanks(json, skipBlanks(json, 0) + 1);
  while (position < json.length && json[position] !== ']') {
    const end = endOfValue(json, position);
    elements.push(json.slice(position, end).trimEnd());
    position = json[end] === ']' ? end : skipBlanks(json, end + 1);
  }
  return elements;
}

function skipBlanks(json: string, start: number): number {
  let position = start;
  while (' \t\r\n'.includes(json[position] ?? 'x')) {
    position++;
  }
  return position;
}

/** Behind the closing quote. */
export function endOfString(json: string, start: number): number {
  let position = start + 1;
  while (position < json.length && json[position] !== '"') {
    position += json[position] === '\\' ? 2 : 1;
  }
  return position + 1;
}

/** At the comma or bracket behind a value. */
function endOfValue(json: string, start: number): number {
  let depth = 0;
  let position = start;
  while (position < json.length) {
    const character = json[position] as string;
    if (character === '"') {
      position = endOfString(json, position);
      continue;
    }
    if (depth === 0 && (character === ',' || character === '}' || character === ']')) {
      return position;
    }
    if (character === '{' || character === '[') {
      depth++;
    } else if (character === '}' || character === ']') {
      depth--;
    }
    position++;
  }
  return position;
}

/** For controllers whose answers hold a JsonSource. Others are better off without: it makes JSON.stringify slower. */
@Injectable()
export class JsonSourceInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<string> {
    context.switchToHttp().getResponse<FastifyReply>().type('application/json; charset=utf-8');
    return next.handle().pipe(map(stringifyJson));
  }
}

/** SQL: a timestamptz as the text that `Date.toJSON` gives: UTC, with milliseconds. */
export function jsonTime(expression: string): string {
  return `to_char(${expression} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}
