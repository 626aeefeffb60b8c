import { type OpenAPIObject } from '@nestjs/swagger';

type PathItem = OpenAPIObject['paths'][string];
export type Operation = NonNullable<PathItem['get']> & Record<`x-${string}`, unknown>;
export type Schemas = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>;
interface ObjectSchema {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, ObjectSchema>>;
  readonly items?: ObjectSchema;
  readonly allOf?: readonly ObjectSchema[];
  readonly required?: readonly string[];
  anyOf?: readonly ObjectSchema[];
  enum?: readonly unknown[];
  type?: unknown;
  format?: unknown;
  additionalProperties?: unknown;
}

const REF = '#/components/schemas/';

/** Says of a request body what the validation does with it: unknown fields are refused, and one without required fields may be absent. */
export function completeRequestBody({ requestBody }: Operation, schemas: Schemas): void {
  if (!requestBody || '$ref' in requestBody) {
    return;
  }
  const schema = requestBody.content['application/json']?.schema as ObjectSchema | undefined;
  if (schema) {
    close(schema, schemas);
    requestBody.required = (resolve(schema, schemas).required?.length ?? 0) > 0;
  }
}

function resolve(schema: ObjectSchema, schemas: Schemas): ObjectSchema {
  return schema.$ref === undefined ? schema : (schemas[schema.$ref.slice(REF.length)] as ObjectSchema);
}

function close(schema: ObjectSchema, schemas: Schemas): void {
  const resolved = resolve(schema, schemas);
  if (resolved.properties) {
    resolved.additionalProperties ??= false;
    for (const [name, property] of Object.entries(resolved.properties)) {
      close(property, schemas);
      if (!resolved.required?.includes(name)) {
        allowNull(property);
      }
    }
  }
  [...(resolved.items ? [resolved.items] : []), ...(resolved.allOf ?? [])].forEach((inner) => close(inner, schemas));
}

/** A field that need not be there may be null: validation takes both for absent. */
function allowNull(property: ObjectSchema): void {
  if (property.anyOf) {
    property.anyOf = [...property.anyOf.filter(({ type }) => type !== 'null'), { type: 'null' }];
    return;
  }
  property.type = [...new Set([property.type, 'null'].flat())];
  if (property.enum && !property.enum.includes(null)) {
    property.enum = [...property.enum, null];
  }
}

/** Where a schema has alternatives, what the plugin has concluded from the TypeScript type beside them would contradict some. */
export function keepAlternatives(node: unknown): void {
  if (typeof node !== 'object' || node === null) {
    return;
  }
  if ('anyOf' in node) {
    const schema = node as ObjectSchema;
    delete schema.type;
    delete schema.format;
  }
  Object.values(node).forEach(keepAlternatives);
}
