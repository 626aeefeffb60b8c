import { type INestApplication } from '@nestjs/common';
import { type OpenAPIObject } from '@nestjs/swagger';
import { EVENT_SCHEMAS } from '../events/event-schemas.js';
import { API_KEY_HEADER, PROBLEM } from '../platform/http/api-route.js';
import { loadSwagger } from '../platform/http/open-api-decorators.js';
import { completeRequestBody, keepAlternatives, type Operation, type Schemas } from './open-api-bodies.js';
import { addExamples } from './open-api-examples.js';
import { nameSchemas } from './open-api-names.js';
import { completeOperation, RATE_LIMIT_HEADERS, RETRY_AFTER_HEADER } from './open-api-operation.js';
import { SCOPE_EXTENSION } from '../access/route-access.decorator.js';
import { BATCH_SCHEMAS, WEBHOOKS } from '../webhooks/webhook-document.js';

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;
const DESCRIPTION = `Gateway between Teltonika TFT100 (and similar) trackers and a host application.

Each operation names the scope that a key must have for it (\`${SCOPE_EXTENSION}\`); \`admin\` is good for all of them.`;

/** What the controllers declare, the webhooks, and what holds for all operations: keys, scopes, the form of an error. */
export async function openApiDocument(app: INestApplication): Promise<OpenAPIObject> {
  const { DocumentBuilder, SwaggerModule } = await loadSwagger();
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('IoT broker')
    .setDescription(DESCRIPTION)
    .setVersion('1')
    .addApiKey({ type: 'apiKey', in: 'header', name: API_KEY_HEADER }, API_KEY_HEADER)
    .addSecurityRequirements(API_KEY_HEADER)
    .build();
  // A copy: parts of it are the metadata of the decorators, which the next document is made of too.
  const document = structuredClone(SwaggerModule.createDocument(app, config));
  const schemas: Schemas = {
    ...document.components?.schemas,
    ...(EVENT_SCHEMAS as Schemas),
    ...BATCH_SCHEMAS,
    [PROBLEM]: PROBLEM_SCHEMA,
  };
  document.webhooks = WEBHOOKS;
  document.components = { ...document.components, schemas, headers: { ...RATE_LIMIT_HEADERS, ...RETRY_AFTER_HEADER } };
  keepAlternatives(document);
  for (const item of Object.values(document.paths)) {
    for (const method of METHODS) {
      const operation = item[method] as Operation | undefined;
      if (operation) {
        completeOperation(operation, method);
        completeRequestBody(operation, schemas);
        addExamples(operation, schemas);
      }
    }
  }
  return nameSchemas(document);
}

const PROBLEM_SCHEMA = {
  type: 'object',
  required: ['success', 'error', 'code'],
  properties: {
    success: { type: 'boolean', enum: [false] },
    error: { type: 'string', description: 'For people.', example: 'Device not connected' },
    code: { type: 'string', description: 'Stable, for programs.', example: 'DEVICE_NOT_CONNECTED' },
    facts: {
      allOf: [{ $ref: '#/components/schemas/GuardFactsDto' }],
      description: 'Of GUARD_NOT_MET: what the guard was compared with.',
    },
    requestId: {
      type: 'string',
      example: '7b0c2a4e-93d1-4c55-8f0e-2f6a1d9e4b10',
      description: 'Of a failure that is not yours (5xx): it is in the log of the gateway too.',
    },
  },
} satisfies NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>[string];
