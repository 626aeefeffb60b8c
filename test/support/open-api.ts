/** As much of an OpenAPI document as the tests look at. */
export interface OpenApiDocument {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
  /** Requests that the gateway sends, by event type. */
  readonly webhooks: Readonly<Record<string, { readonly post: OpenApiOperation }>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, OpenApiSchema>>;
    readonly headers: Readonly<Record<string, { readonly description: string }>>;
  };
}

export interface OpenApiSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly example?: unknown;
  readonly examples?: readonly unknown[];
  readonly properties?: Readonly<Record<string, OpenApiSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: unknown;
}

export interface OpenApiParameter {
  readonly in: string;
  readonly name: string;
  readonly description?: string;
  readonly example?: unknown;
  readonly schema: OpenApiSchema;
}

export interface OpenApiMedia {
  readonly schema: OpenApiSchema;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
}

export interface OpenApiResponse {
  readonly content?: Readonly<Record<string, OpenApiMedia>>;
  readonly headers?: object;
  readonly 'x-error-codes'?: readonly string[];
}

export interface OpenApiOperation {
  readonly operationId?: string;
  readonly summary?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly parameters?: readonly OpenApiParameter[];
  readonly requestBody?: {
    readonly required?: boolean;
    readonly content: Readonly<Record<string, OpenApiMedia>>;
  };
  readonly responses: Readonly<Record<string, OpenApiResponse>>;
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

/** Every operation of the document, as it stands there. */
export function operationsOf({ paths }: OpenApiDocument) {
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      path,
      method,
      ...operation,
      parameters: operation.parameters ?? [],
      requestBody: operation.requestBody,
    })),
  );
}

/** Every operation of the document, ready to be requested. */
export function routesOf({ paths }: OpenApiDocument): Route[] {
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path: path.replace('{imei}', '356307042441013').replace(/\{\w+\}/g, '987654321'),
      scope: operation.security?.length === 0 ? null : (operation['x-required-scope'] ?? 'missing'),
    })),
  );
}
