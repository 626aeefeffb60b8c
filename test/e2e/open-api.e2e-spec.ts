import { readFile } from 'node:fs/promises';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { API_KEY, Gateway } from '../support/gateway.js';
import { examplesOf } from '../support/open-api-examples.js';
import {
  operationsOf,
  type OpenApiSchema,
  readOpenApi,
  routesOf,
  type OpenApiDocument,
  type Route,
} from '../support/open-api.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const SCOPES = ['read', 'command', 'admin'] as const;
const WITHOUT_A_KEY = ['/healthz', '/readyz'];
/** A verb and its object: `sendCommand`. */
const OPERATION_NAME =
  /^(list|get|send|cancel|create|revoke|register|remove|ban|unban|retry|replay|start|stop|diagnose|stream|export|erase|rewind|pause|resume)[A-Z][A-Za-z]+$/;
const CODE = /^[A-Z][A-Z0-9_]+$/;

let database: TestDatabase;
let gateway: Gateway;
let document: OpenApiDocument;
let routes: Route[];
const keys = new Map<string, string>();

beforeAll(async () => {
  database = await createTestDatabase();
  gateway = await Gateway.start(database.url);
  document = await readOpenApi(gateway.apiUrl);
  routes = routesOf(document);
  for (const scope of SCOPES) {
    keys.set(scope, (await gateway.post<{ secret: string }>('keys', { name: `only-${scope}`, scopes: [scope] })).body.secret);
  }
});

afterAll(async () => {
  await gateway.stop();
  await database.drop();
});

async function ask({ method, path }: Route, headers: Record<string, string>): Promise<Response> {
  return fetch(`${gateway.apiUrl}${path}`, { method, headers, signal: AbortSignal.timeout(30_000) });
}

describe('the OpenAPI document', () => {
  it('is the one that is checked in', async () => {
    const file = new URL('../../docs/reference/openapi.json', import.meta.url);
    expect(document).toEqual(JSON.parse(await readFile(file, 'utf8')));
  });

  it('is valid', async () => {
    const { valid, errors } = await new Validator().validate(structuredClone(document) as unknown as Record<string, unknown>);
    expect([errors, valid]).toEqual([undefined, true]);
  });

  it('gives every operation a name that a person would choose, a summary and a group', () => {
    const operations = operationsOf(document);
    const names = operations.map(({ operationId }) => operationId ?? 'none');
    expect(names.filter((name) => !OPERATION_NAME.test(name))).toEqual([]);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
    for (const { operationId, summary = '', tags = [] } of operations) {
      expect([operationId, summary]).toEqual([operationId, expect.stringMatching(/^[A-Z][^]{8,138}[^.]$/)]);
      expect([operationId, tags.length]).toEqual([operationId, 1]);
    }
  });

  it('names schemas without the suffix of their classes, and only those that are used', () => {
    const text = JSON.stringify(document);
    for (const name of Object.keys(document.components.schemas)) {
      expect([name, /^[A-Z][A-Za-z]+(?<!Dto)$/.test(name), text.includes(`"#/components/schemas/${name}"`)]).toEqual([
        name,
        true,
        true,
      ]);
    }
  });

  it('shows every request and every answer by an example', () => {
    for (const { operationId, requestBody, responses } of operationsOf(document)) {
      const medias = [requestBody, ...Object.entries(responses).flatMap(([status, answer]) => (status < '300' ? [answer] : []))];
      for (const media of medias.flatMap((body) => body?.content?.['application/json'] ?? [])) {
        expect([operationId, media.example ?? media.examples]).toEqual([operationId, expect.anything()]);
      }
    }
  });

  it('lists the codes of every error of an operation', () => {
    const listed = operationsOf(document)
      .filter(({ security }) => security?.length !== 0)
      .flatMap(({ operationId, responses }) =>
        Object.entries(responses)
          .filter(([status]) => status >= '400' && status !== 'default')
          .map(([status, response]) => ({ at: `${operationId} ${status}`, codes: response['x-error-codes'] ?? [] })),
      );
    expect(listed.length).toBeGreaterThan(100);
    expect(listed.filter(({ codes }) => codes.length === 0 || codes.some((code) => !CODE.test(code)))).toEqual([]);
    expect(listed.find(({ at }) => at === 'sendCommand 400')?.codes).toEqual([
      'INVALID_INPUT',
      'UNKNOWN_ACTION',
      'INVALID_PARAMS',
    ]);
    expect(listed.find(({ at }) => at === 'createKey 409')?.codes).toEqual(['KEY_NAME_TAKEN', 'TOO_MANY_KEYS']);
  });

  it('has only examples that its own schemas accept', () => {
    const ajv = new Ajv({ strict: false, allErrors: true, formats: {} });
    addFormats.default(ajv);
    ajv.addSchema(document, 'document');
    const examples = examplesOf(document);
    expect(examples.length).toBeGreaterThan(20);
    const refused = examples.flatMap(({ at, schema, value }) => {
      const local = JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"document#/')) as object;
      return ajv.validate(local, value) ? [] : [{ at, value, errors: ajv.errorsText() }];
    });
    expect(refused).toEqual([]);
  });

  it('has a parameter for every {name} of a path', () => {
    for (const { path, parameters } of operationsOf(document)) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect([path, parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name)]).toEqual([path, named]);
    }
  });

  it('lists the errors of every operation with a key, in the form of the error body', () => {
    const schema = { $ref: '#/components/schemas/Problem' };
    for (const { path, method, parameters, requestBody, responses, security } of operationsOf(document)) {
      if (security?.length === 0) {
        continue;
      }
      const expected = ['401', '403', '429', '503', 'default'];
      expected.push(...(parameters.length > 0 || requestBody ? ['400'] : []), ...(requestBody ? ['413', '415'] : []));
      for (const status of expected) {
        const answer = responses[status]?.content?.['application/json'];
        expect([method, path, status, answer?.schema]).toEqual([method, path, status, schema]);
      }
      expect(Object.keys(responses['429']?.headers ?? {})).toEqual(expect.arrayContaining(['retry-after', 'x-ratelimit-limit']));
      expect(Object.keys(responses['503']?.headers ?? {})).toEqual(['retry-after']);
    }
  });

  it('lists 404 and 409 where they are answered', () => {
    const answered = (status: string) =>
      operationsOf(document)
        .filter(({ responses }) => status in responses)
        .map(({ method, path }) => `${method} ${path.replace('/api/v1/', '')}`);
    expect(answered('404')).toEqual(
      expect.arrayContaining([
        'get devices/{imei}',
        'post command',
        'get commands/{id}',
        'get webhooks/events/{id}',
        'delete keys/{id}',
      ]),
    );
    expect(answered('409')).toEqual(
      expect.arrayContaining([
        'post command',
        'post commands/{id}/cancel',
        'post webhooks/replay',
        'post keys',
        'put log/devices/{imei}',
      ]),
    );
  });

  it('shows the scope in the description, where Swagger UI prints it', () => {
    for (const { path, description, security, ...operation } of operationsOf(document)) {
      if (security?.length !== 0) {
        expect([path, description]).toEqual([path, expect.stringContaining(`scope \`${operation['x-required-scope']}\``)]);
      }
    }
  });

  it('refuses unknown fields of bodies as the gateway does, and requires a body only where a field is required', () => {
    const bodies = operationsOf(document).filter(({ requestBody }) => requestBody);
    expect(bodies.length).toBeGreaterThan(5);
    for (const { path, requestBody } of bodies) {
      const name = requestBody?.content['application/json']?.schema.$ref?.split('/').at(-1) ?? 'none';
      const schema = document.components.schemas[name];
      expect([path, schema?.additionalProperties]).toEqual([path, false]);
      expect([path, requestBody?.required]).toEqual([path, (schema?.required?.length ?? 0) > 0]);
    }
  });

  it('has an example for every text that is not a choice or a time', () => {
    const isBareText = ({ type, enum: choices, const: only, format, example, examples }: OpenApiSchema) =>
      [type].flat().includes('string') &&
      [choices, only, example, examples].every((given) => given === undefined) &&
      format !== 'date-time';
    const fields = Object.entries(document.components.schemas).flatMap(([schema, { properties = {} }]) =>
      Object.entries(properties).flatMap(([name, property]) => (isBareText(property) ? [`${schema}.${name}`] : [])),
    );
    const parameters = operationsOf(document).flatMap(({ path, parameters: all }) =>
      all.flatMap(({ name, schema, example }) => (example === undefined && isBareText(schema) ? [`${path} ${name}`] : [])),
    );
    expect([fields, parameters]).toEqual([[], []]);
  });

  it('describes Idempotency-Key, cursors and the headers of the rate limit', () => {
    const all = operationsOf(document);
    const keys = all.flatMap(({ parameters }) => parameters.filter(({ name }) => name === 'Idempotency-Key'));
    const cursors = all.flatMap(({ parameters }) => parameters.filter(({ name }) => name === 'cursor' || name === 'after'));
    expect([keys.length > 0, cursors.length >= 8]).toEqual([true, true]);
    for (const parameter of [...keys, ...cursors]) {
      expect(parameter.description).toMatch(/.{10}/);
    }
    for (const name of ['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset', 'retry-after']) {
      expect(document.components.headers[name]?.description).toMatch(/.{10}/);
    }
  });

  it('names a scope for every route of the API, and no route without a key but those for probes', () => {
    expect(routes.length).toBeGreaterThanOrEqual(18);
    for (const { path, scope } of routes) {
      expect([path, scope]).toEqual([
        path,
        WITHOUT_A_KEY.includes(path) ? null : expect.stringMatching(/^(read|command|admin)$/),
      ]);
    }
  });
});

describe('every route of the OpenAPI document', () => {
  it('refuses without a key', async () => {
    for (const route of routes.filter(({ scope }) => scope !== null)) {
      for (const headers of [{}, { 'x-api-key': `iot_${'A'.repeat(43)}` }]) {
        const response = await ask(route, headers);
        expect([route, response.status, await response.json()]).toEqual([
          route,
          401,
          { success: false, error: 'Unauthorized', code: 'UNAUTHORIZED' },
        ]);
      }
    }
  });

  it('refuses a key with another scope, and not one with its own', async () => {
    for (const route of routes.filter(({ scope }) => scope !== null)) {
      for (const [scope, key] of keys) {
        const response = await ask(route, { 'x-api-key': key });
        const isGood = scope === route.scope || scope === 'admin';
        if (isGood) {
          expect([route, scope, [401, 403].includes(response.status)]).toEqual([route, scope, false]);
          await response.body?.cancel();
        } else {
          const refusal = { success: false, error: `This key lacks the scope ${route.scope}`, code: 'FORBIDDEN_SCOPE' };
          expect([route, scope, response.status, await response.json()]).toEqual([route, scope, 403, refusal]);
        }
      }
    }
  });

  it.each([
    ['nonsense in the query', (path: string) => `${path}?nonsense=1`, {}],
    ['nonsense for its parameters', (path: string) => path.replace(/\d{9,}/g, 'nonsense'), {}],
    ['a body that is not JSON', (path: string) => path, { body: '{', type: 'application/json' }],
    ['a body of the wrong shape', (path: string) => path, { body: '[1]', type: 'application/json' }],
    ['a body of a type it does not take', (path: string) => path, { body: '<a/>', type: 'application/xml' }],
  ])(
    'answers %s, if it refuses it, with success false, an error and a code',
    async (_name, spoil, { body, type }: { body?: string; type?: string }) => {
      let refusals = 0;
      for (const { method, path } of routes) {
        const sent = method === 'GET' ? {} : { body: body ?? null };
        const response = await fetch(`${gateway.apiUrl}${spoil(path)}`, {
          method,
          headers: { 'x-api-key': API_KEY, ...(type === undefined || method === 'GET' ? {} : { 'content-type': type }) },
          signal: AbortSignal.timeout(30_000),
          ...sent,
        });
        if (response.status < 400) {
          await response.body?.cancel();
          continue;
        }
        refusals++;
        const answer: unknown = await response.json();
        expect([method, path, response.status < 500, answer]).toEqual([
          method,
          path,
          true,
          { success: false, error: expect.stringMatching(/./) as string, code: expect.stringMatching(CODE) as string },
        ]);
      }
      expect(refusals).toBeGreaterThan(0);
    },
  );
});
