import { type Operation, type Schemas } from './open-api-bodies.js';

/** As much of a schema as an example is made of. */
interface ExampleSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly example?: unknown;
  readonly examples?: readonly unknown[];
  readonly format?: string;
  readonly minimum?: number;
  readonly properties?: Readonly<Record<string, ExampleSchema>>;
  readonly items?: ExampleSchema;
  readonly allOf?: readonly ExampleSchema[];
  readonly anyOf?: readonly ExampleSchema[];
  readonly oneOf?: readonly ExampleSchema[];
}
interface Media {
  schema?: ExampleSchema;
  example?: unknown;
  examples?: unknown;
}

const JSON_TYPE = 'application/json';
const REF = '#/components/schemas/';
const TIMES: Readonly<Record<string, string>> = { 'date-time': '2026-11-23T12:00:00.000Z', date: '2026-11-23' };

/** Gives the request and the successful answers of an operation an example, made of those of their fields, where the operation declares none. */
export function addExamples({ requestBody, responses }: Operation, schemas: Schemas): void {
  if (requestBody && 'content' in requestBody) {
    addExample(requestBody.content[JSON_TYPE] as Media | undefined, schemas);
  }
  for (const [status, response] of Object.entries(responses)) {
    if (status.startsWith('2') && response && 'content' in response) {
      addExample(response.content?.[JSON_TYPE] as Media | undefined, schemas);
    }
  }
}

function addExample(media: Media | undefined, schemas: Schemas): void {
  if (media?.schema && media.example === undefined && media.examples === undefined) {
    media.example = exampleOf(media.schema, schemas);
  }
}

/** A value that the schema accepts: its own example, or one made of the examples of its fields. */
function exampleOf(schema: ExampleSchema, schemas: Schemas): unknown {
  if (schema.$ref !== undefined) {
    return exampleOf(schemas[schema.$ref.slice(REF.length)] as ExampleSchema, schemas);
  }
  const isNullable = [schema.type].flat().includes('null');
  const given = [schema.example, schema.examples?.[0], schema.const, schema.default, isNullable ? null : schema.enum?.[0]];
  const first = given.find((value) => value !== undefined);
  if (first !== undefined) {
    return first;
  }
  const alternatives = schema.oneOf ?? schema.anyOf ?? [];
  if (alternatives[0]) {
    return exampleOf(alternatives[0], schemas);
  }
  const parts = (schema.allOf ?? []).map((part) => exampleOf(part, schemas) as object);
  return parts.length > 0 ? Object.assign({}, ...parts) : exampleOfType(schema, schemas);
}

function exampleOfType(schema: ExampleSchema, schemas: Schemas): unknown {
  const { type, format = '', minimum = 1, properties = {}, items } = schema;
  const [name] = [type].flat();
  switch (name) {
    case 'object':
      return Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, exampleOf(value, schemas)]));
    case 'array':
      return items ? [exampleOf(items, schemas)] : [];
    case 'integer':
    case 'number':
      return minimum;
    case 'boolean':
      return true;
    case 'string':
      return TIMES[format] ?? 'text';
    default:
      return null;
  }
}
