type JsonType = 'string' | 'integer' | 'number' | 'boolean' | 'object' | 'array' | 'null';

/** As much of JSON Schema 2020-12 as the bodies of events need. */
export interface JsonSchema {
  readonly type?: JsonType | readonly JsonType[];
  readonly description?: string;
  readonly examples?: readonly unknown[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly format?: 'date-time' | 'uuid';
  readonly pattern?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema;
  readonly items?: JsonSchema;
  readonly maxItems?: number;
  readonly allOf?: readonly JsonSchema[];
  readonly $ref?: string;
}

type OptionalKeys<Body> = { [Key in keyof Body]-?: undefined extends Body[Key] ? Key : never }[keyof Body];

/** The schema of an object: every field of the type must be described here, and is required unless the type makes it optional. */
export function objectSchema<Body extends object>(
  description: string,
  properties: Readonly<Record<keyof Body & string, JsonSchema>>,
  optional: readonly (OptionalKeys<Body> & string)[] = [],
): JsonSchema {
  const required = Object.keys(properties).filter((name) => !(optional as readonly string[]).includes(name));
  return { type: 'object', description, properties, required };
}

export function text(description: string, example: string): JsonSchema {
  return { type: 'string', description, examples: [example] };
}

export function time(description: string): JsonSchema {
  return { type: 'string', format: 'date-time', description, examples: ['2026-11-23T12:00:00.000Z'] };
}

export function integer(description: string, example: number): JsonSchema {
  return { type: 'integer', description, examples: [example] };
}

/** The same schema that also accepts null. */
export function nullable(schema: JsonSchema): JsonSchema {
  return { ...schema, type: [...[schema.type ?? []].flat(), 'null'] };
}

export const IMEI: JsonSchema = {
  type: 'string',
  pattern: '^\\d{15}$',
  description: 'The device.',
  examples: ['350612345678901'],
};
