/** Of an action's text: a fixed piece, a parameter, or a part that is left out when its parameters are not given. */
type TemplatePart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'param'; readonly name: string; readonly fallback: string | null }
  | { readonly kind: 'optional'; readonly parts: readonly TemplatePart[] };

export type ParamValue = string | number;
/** By the parameter's name. A parameter that was not given is absent. */
export type ParamValues = Readonly<Record<string, ParamValue>>;

/** The template is not well-formed. The message says what is wrong, and where. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}

const TOKEN = /\\.?|\{([^{}]*)\}|[[\]{}]|[^[\]{}\\]+/g;
const ESCAPES = [String.raw`\{`, String.raw`\}`, String.raw`\[`, String.raw`\]`, '\\\\'];
const PLACEHOLDER = /^([A-Za-z]\w{0,39})(?:\|(.*))?$/s;
const PRINTABLE = /^[\x20-\x7e]*$/;

/**
 * The text of an action with places for its parameters:
 *
 * - `{name}`: the value of a parameter. `{name|?}`: the same, or the text after the bar when the parameter is not given.
 * - `[...]`: an optional part. It is written when at least one parameter within it is given, and none is missing that stands directly in it without
 *   a text after a bar. Optional parts can be nested.
 * - `\{`, `\}`, `\[`, `\]`, `\\`: the character itself. In JSON the backslash is written twice.
 */
export class ActionTemplate {
  private readonly parts: readonly TemplatePart[];

  /** @throws TemplateError */
  constructor(readonly source: string) {
    this.parts = parseParts(tokensOf(source));
  }

  /** Of all parameters, each once. */
  get names(): readonly string[] {
    return [...new Set(namesIn(this.parts))];
  }

  /** A text needs these. */
  get required(): readonly string[] {
    return [...new Set(requiredIn(this.parts))];
  }

  /** The word before the first blank or colon, by which a device knows a command; null when a parameter is in it. */
  get firstWord(): string | null {
    const [first, second] = this.parts;
    const text = first?.kind === 'text' ? first.text : '';
    const [word = ''] = text.split(/[ :]/, 1);
    const isWhole = word.length < text.length || second === undefined || startsWithBlank(second);
    return word !== '' && isWhole ? word : null;
  }

  /** Every parameter of `required` must be among the values. */
  render(values: ParamValues): string {
    return render(this.parts, values);
  }

  /**
   * The source of a regular expression that matches every text of this template, and texts with other values in its places.
   * @param patternOf the expression for the value of a parameter.
   */
  toPattern(patternOf: (name: string) => string): string {
    return `^${patternFor(this.parts, patternOf)}$`;
  }
}

function tokensOf(source: string): string[] {
  const wrong = [...source].findIndex((character) => !PRINTABLE.test(character));
  if (wrong >= 0) {
    throw new TemplateError(`has a character at ${wrong + 1} that is not printable ASCII`);
  }
  return source.match(TOKEN) ?? [];
}

/** Takes the tokens of one part, up to the bracket that ends it, out of the list. */
function parseParts(tokens: string[], isNested = false): TemplatePart[] {
  const parts: TemplatePart[] = [];
  for (let token = tokens.shift(); token !== undefined; token = tokens.shift()) {
    if (token === ']') {
      if (!isNested) {
        throw new TemplateError('has a "]" without its "["');
      }
      return parts;
    }
    parts.push(toPart(token, tokens));
  }
  if (isNested) {
    throw new TemplateError('has a "[" without its "]"');
  }
  return parts;
}

function toPart(token: string, following: string[]): TemplatePart {
  if (token === '[') {
    return toOptional(parseParts(following, true));
  }
  if (token === '{' || token === '}') {
    throw new TemplateError(`has a single "${token}"; put a backslash before it for the character itself`);
  }
  if (token.startsWith('\\')) {
    return escaped(token);
  }
  return token.startsWith('{') ? toParam(token) : { kind: 'text', text: token };
}

function escaped(token: string): TemplatePart {
  if (!ESCAPES.includes(token)) {
    throw new TemplateError('has a backslash before something other than a brace, a bracket or a backslash');
  }
  return { kind: 'text', text: token[1]! };
}

function toParam(token: string): TemplatePart {
  const [, name, fallback = null] = PLACEHOLDER.exec(token.slice(1, -1)) ?? [];
  if (name === undefined) {
    throw new TemplateError(`has "${token}", which is not the name of a parameter`);
  }
  return { kind: 'param', name, fallback };
}

function toOptional(parts: readonly TemplatePart[]): TemplatePart {
  if (namesIn(parts).length === 0) {
    throw new TemplateError('has an optional part without a parameter');
  }
  return { kind: 'optional', parts };
}

function namesIn(parts: readonly TemplatePart[]): string[] {
  return parts.flatMap((part) => {
    switch (part.kind) {
      case 'text':
        return [];
      case 'param':
        return [part.name];
      case 'optional':
        return namesIn(part.parts);
    }
  });
}

function requiredIn(parts: readonly TemplatePart[]): string[] {
  return parts.flatMap((part) => (part.kind === 'param' && part.fallback === null ? [part.name] : []));
}

function startsWithBlank(part: TemplatePart): boolean {
  switch (part.kind) {
    case 'text':
      return part.text.startsWith(' ');
    case 'param':
      return false;
    case 'optional':
      return part.parts[0] !== undefined && startsWithBlank(part.parts[0]);
  }
}

function render(parts: readonly TemplatePart[], values: ParamValues): string {
  return parts.map((part) => renderPart(part, values)).join('');
}

function renderPart(part: TemplatePart, values: ParamValues): string {
  switch (part.kind) {
    case 'text':
      return part.text;
    case 'param':
      return String(Object.hasOwn(values, part.name) ? values[part.name] : part.fallback);
    case 'optional':
      return isWritten(part.parts, values) ? render(part.parts, values) : '';
  }
}

function isWritten(parts: readonly TemplatePart[], values: ParamValues): boolean {
  const isGiven = (name: string): boolean => Object.hasOwn(values, name);
  const hasGiven = parts.some(
    (part) => (part.kind === 'param' && isGiven(part.name)) || (part.kind === 'optional' && isWritten(part.parts, values)),
  );
  return hasGiven && requiredIn(parts).every(isGiven);
}

function patternFor(parts: readonly TemplatePart[], patternOf: (name: string) => string): string {
  return parts
    .map((part) => {
      switch (part.kind) {
        case 'text':
          return literal(part.text);
        case 'param':
          return `(?:${patternOf(part.name)}${part.fallback === null ? '' : `|${literal(part.fallback)}`})`;
        case 'optional':
          return `(?:${patternFor(part.parts, patternOf)})?`;
      }
    })
    .join('');
}

/** As a regular expression that matches this text only. */
function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
}
