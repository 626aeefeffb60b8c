/** As much of an OpenAPI document as the tests look at. */
export interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
}

export interface OpenApiOperation {
  readonly security?: readonly unknown[];
  readonly 'x-required-scope'?: string;
}

export interface Route {
  readonly method: string;
  /** With something in the place of its parameters. */
  readonly path: string;
  /** Null: it wants no key. */
  readonly scope: string | null;
}

export async function readOpenApi(apiUrl: string): Promise<OpenApiDocument> {
  return (await (await fetch(`${apiUrl}/docs-json`)).json()) as OpenApiDocument;
}

/** Every operation of the document. */
export function routesOf({ paths }: OpenApiDocument): Route[] {
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path: path.replace('{imei}', '356307042441013').replace(/\{\w+\}/g, '987654321'),
      scope: operation.security?.length === 0 ? null : (operation['x-required-scope'] ?? 'missing'),
    })),
  );
}
