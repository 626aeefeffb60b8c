import { type OpenAPIObject } from '@nestjs/swagger';
import { type Operation } from './open-api-operation.js';

type Schemas = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>;
interface ObjectSchema {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, ObjectSchema>>;
  readonly items?: ObjectSchema;
  readonly allOf?: readonly ObjectSchema[];
  readonly required?: readonly string[];
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
    Object.values(resolved.properties).forEach((property) => close(property, schemas));
  }
  [...(resolved.items ? [resolved.items] : []), ...(resolved.allOf ?? [])].forEach((inner) => close(inner, schemas));
}
