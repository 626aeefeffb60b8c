import { type INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { API_KEY_HEADER } from './authentication.js';
import { PUBLIC_EXTENSION } from './public.decorator.js';
import { SCOPE_EXTENSION } from './require-scope.decorator.js';
import { defaultScope } from './scope.js';

const PROBLEM = 'Problem';
const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;
const DESCRIPTION = `Gateway between Teltonika TFT100 (and similar) trackers and a host application.

Each operation names the scope that a key must have for it (\`${SCOPE_EXTENSION}\`); \`admin\` is good for all of them.`;

type PathItem = OpenAPIObject['paths'][string];
type ResponseObject = { description: string; content: Record<string, { schema: { $ref: string } }> };
type Operation = NonNullable<PathItem['get']> & Record<`x-${string}`, unknown>;

/** What the controllers say, and what holds for all of them: keys, scopes, the form of an error. */
export function openApiDocument(app: INestApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setTitle('IoT broker')
    .setDescription(DESCRIPTION)
    .setVersion('1')
    .addApiKey({ type: 'apiKey', in: 'header', name: API_KEY_HEADER }, API_KEY_HEADER)
    .addSecurityRequirements(API_KEY_HEADER)
    .build();
  const document = SwaggerModule.createDocument(app, config);
  document.components = {
    ...document.components,
    schemas: { ...document.components?.schemas, [PROBLEM]: PROBLEM_SCHEMA },
  };
  for (const item of Object.values(document.paths)) {
    for (const method of METHODS) {
      const operation = item[method] as Operation | undefined;
      if (operation) {
        complete(operation, method);
      }
    }
  }
  return document;
}

function complete(operation: Operation, method: string): void {
  for (const success of Object.values(operation.responses) as { description: string }[]) {
    success.description ||= 'Done';
  }
  if (operation[PUBLIC_EXTENSION] === true) {
    operation.security = [];
    return;
  }
  const scope = (operation[SCOPE_EXTENSION] ??= defaultScope(method)) as string;
  operation.responses = {
    ...operation.responses,
    ...(operation.parameters?.length || operation.requestBody ? { 400: problem('Bad input; `error` says what is wrong') } : {}),
    401: problem('No key, or one that is not known'),
    403: problem(`The key lacks the scope ${scope}`),
    429: problem(
      'Too many requests, or too many failed authentications from this address; Retry-After says how many seconds to wait',
    ),
    default: problem('Any other error'),
  };
}

function problem(description: string): ResponseObject {
  return { description, content: { 'application/json': { schema: { $ref: `#/components/schemas/${PROBLEM}` } } } };
}

const PROBLEM_SCHEMA = {
  type: 'object',
  required: ['success', 'error', 'code'],
  properties: {
    success: { type: 'boolean', enum: [false] },
    error: { type: 'string', description: 'For people.', example: 'Device not connected' },
    code: { type: 'string', description: 'Stable, for programs.', example: 'DEVICE_NOT_CONNECTED' },
    requestId: { type: 'string', description: 'Of a failure that is not yours (5xx): it is in the log of the gateway too.' },
  },
} satisfies NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>[string];
