import { type OpenAPIObject } from '@nestjs/swagger';
import { type Schemas } from './open-api-bodies.js';

const REF = '#/components/schemas/';
const CLASS_SUFFIX = /Dto$/;

/**
 * Names schemas for readers of the document and for generated types: `Command`, not `CommandDto`. Removes schemas that nothing refers to: the Swagger
 * plugin adds some for types that a decorator describes.
 */
export function nameSchemas(document: OpenAPIObject): OpenAPIObject {
  const renamed = JSON.parse(JSON.stringify(document), (_key, value: unknown) =>
    typeof value === 'string' && value.startsWith(REF) ? value.replace(CLASS_SUFFIX, '') : value,
  ) as OpenAPIObject;
  const schemas: Schemas = {};
  for (const [className, schema] of Object.entries(renamed.components?.schemas ?? {})) {
    const name = className.replace(CLASS_SUFFIX, '');
    if (name in schemas) {
      throw new Error(`Two schemas of the OpenAPI document are named ${name}`);
    }
    schemas[name] = schema;
  }
  const named = { ...renamed, components: { ...renamed.components, schemas } };
  removeUnused(named, schemas);
  return named;
}

function removeUnused(document: OpenAPIObject, schemas: Schemas): void {
  const used = new Set(JSON.stringify(document).match(/#\/components\/schemas\/\w+/g));
  const unused = Object.keys(schemas).filter((name) => !used.has(REF + name));
  unused.forEach((name) => delete schemas[name]);
  if (unused.length > 0) {
    removeUnused(document, schemas);
  }
}
