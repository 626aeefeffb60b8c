import type * as Swagger from '@nestjs/swagger';

type SwaggerPackage = typeof Swagger;
type DecoratorName = Extract<keyof SwaggerPackage, `Api${string}`>;
type Decorate = (...target: unknown[]) => unknown;

/** In the order in which the decorators were evaluated: a later one may read what an earlier one has stored. */
const postponed: ((swagger: SwaggerPackage) => void)[] = [];

// The decorators of @nestjs/swagger that the gateway uses. Loading that package takes 530 modules, 200 to 370 ms and 5 MB, and only the OpenAPI document needs
// it: these note how they were used until `loadSwagger` is called. The build makes its own decorators import this file (scripts/open-api-plugin.mjs).
export const ApiAcceptedResponse = postpone('ApiAcceptedResponse');
export const ApiBody = postpone('ApiBody');
export const ApiExcludeController = postpone('ApiExcludeController');
export const ApiExtension = postpone('ApiExtension');
export const ApiExtraModels = postpone('ApiExtraModels');
export const ApiHeader = postpone('ApiHeader');
export const ApiOkResponse = postpone('ApiOkResponse');
export const ApiOperation = postpone('ApiOperation');
export const ApiProduces = postpone('ApiProduces');
export const ApiProperty = postpone('ApiProperty');
export const ApiPropertyOptional = postpone('ApiPropertyOptional');
export const ApiResponse = postpone('ApiResponse');
export const ApiTags = postpone('ApiTags');

/** Loads @nestjs/swagger, with the metadata of all decorators that were evaluated by now. */
export async function loadSwagger(): Promise<SwaggerPackage> {
  const swagger = await import('@nestjs/swagger');
  postponed.splice(0).forEach((decorate) => decorate(swagger));
  return swagger;
}

/** The path of a schema of the OpenAPI document, as `getSchemaPath` of @nestjs/swagger gives it. */
export function schemaPath(model: { readonly name: string }): string {
  return `#/components/schemas/${model.name}`;
}

/** A decorator of another package that loads @nestjs/swagger when it is made. */
export function documentedBy(make: () => MethodDecorator): MethodDecorator {
  return (...target) => void postponed.push(() => void make()(...target));
}

function postpone<Name extends DecoratorName>(name: Name): SwaggerPackage[Name] {
  const factory =
    (...options: unknown[]): Decorate =>
    (...target) =>
      void postponed.push((swagger) => (swagger[name] as (...options: unknown[]) => Decorate)(...options)(...target));
  return factory as unknown as SwaggerPackage[Name];
}
