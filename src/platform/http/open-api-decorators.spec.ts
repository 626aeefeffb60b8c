import * as swagger from '@nestjs/swagger';
import { ApiExtraModels, ApiOperation, ApiProperty, ApiResponse, loadSwagger, schemaPath } from './open-api-decorators.js';

class Model {
  readonly id: number = 0;
}

interface Decorators {
  readonly ApiExtraModels: typeof ApiExtraModels;
  readonly ApiOperation: typeof ApiOperation;
  readonly ApiProperty: typeof ApiProperty;
  readonly ApiResponse: typeof ApiResponse;
}

function decoratedBy(decorators: Decorators) {
  class Decorated {
    @decorators.ApiProperty({ description: 'A field' })
    field: string = '';

    @decorators.ApiOperation({ operationId: 'readIt' })
    @decorators.ApiResponse({ status: 200, type: Model })
    @decorators.ApiResponse({ status: 404, description: 'None' })
    @decorators.ApiExtraModels(Model)
    read(): string {
      return this.field;
    }
  }
  return Decorated;
}

function metadataOf({ prototype }: ReturnType<typeof decoratedBy>): unknown[] {
  return [Reflect.get(prototype, 'read') as object, prototype].map((target) =>
    [undefined, 'field'].map((key) => {
      const keys = (key === undefined ? Reflect.getMetadataKeys(target) : Reflect.getMetadataKeys(target, key)) as string[];
      return keys
        .filter((name) => name.startsWith('swagger/'))
        .sort()
        .map(
          (name) =>
            [name, key === undefined ? Reflect.getMetadata(name, target) : Reflect.getMetadata(name, target, key)] as const,
        );
    }),
  );
}

describe('the decorators of the OpenAPI document', () => {
  it('store nothing until Swagger is loaded, and then what its own decorators store', async () => {
    const decorated = decoratedBy({ ApiExtraModels, ApiOperation, ApiProperty, ApiResponse });
    expect(metadataOf(decorated).flat(2)).toEqual([]);
    await loadSwagger();
    const expected = metadataOf(decoratedBy(swagger));
    expect(expected.flat(2).length).toBeGreaterThan(3);
    expect(metadataOf(decorated)).toEqual(expected);
  });

  it('name the path of a schema as Swagger does', () => {
    expect(schemaPath(Model)).toBe(swagger.getSchemaPath(Model));
  });
});
