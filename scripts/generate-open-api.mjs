/**
 * Makes docs/reference/openapi.json from the built gateway, and client/src/schema.generated.ts from that: `npm run openapi`.
 * With --check it writes nothing, names the files that differ and fails; a test runs it so.
 * No provider is instantiated: neither a database nor a port is needed.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { NestFactory } from '@nestjs/core';
import openapiTypescript, { astToString } from 'openapi-typescript';

const BUILT = new URL('../dist/src/', import.meta.url);
const DOCUMENT = new URL('../docs/reference/openapi.json', import.meta.url);
const TYPES = new URL('../client/src/schema.generated.ts', import.meta.url);
const HEADER = `// Made by scripts/generate-open-api.mjs from docs/reference/openapi.json. After a change of the REST API: npm run openapi
`;

const document = await readDocument();
const files = [
  [DOCUMENT, `${JSON.stringify(document, null, 2)}\n`],
  [TYPES, await typesOf(document)],
];
if (process.argv.includes('--check')) {
  const differing = files.filter(([file, text]) => readFileSync(file, 'utf8') !== text);
  for (const [file] of differing) {
    console.error(`${fileURLToPath(file)} is not what the gateway says of itself: npm run openapi`);
  }
  process.exitCode = differing.length > 0 ? 1 : 0;
} else {
  files.forEach(([file, text]) => writeFileSync(file, text));
}

async function readDocument() {
  const { AppModule } = await import(new URL('app.module.js', BUILT));
  const { createHttpAdapter } = await import(new URL('platform/http/http-adapter.js', BUILT));
  const { setApiPrefix } = await import(new URL('configure-http.js', BUILT));
  const { openApiDocument } = await import(new URL('open-api/open-api.js', BUILT));
  const app = await NestFactory.create(await AppModule.forRoot(), createHttpAdapter(), {
    preview: true,
    logger: ['error'],
    abortOnError: false,
  });
  setApiPrefix(app);
  // As it is served: without members that are undefined.
  return JSON.parse(JSON.stringify(await openApiDocument(app)));
}

/** Schemas are exported by their names too; the codes of errors as a union. */
async function typesOf(openApi) {
  const ast = await openapiTypescript(withoutDetails(openApi), {
    alphabetize: true,
    // A field of a request that has a default need not be given.
    defaultNonNullable: false,
    rootTypes: true,
    rootTypesNoSchemaPrefix: true,
    rootTypesKeepCasing: true,
  });
  return `${HEADER}\n${astToString(ast)}\n${errorCodes(openApi)}`;
}

/** The client throws what is not a success, and has no use for headers: without those and the examples the types are a third as long. */
function withoutDetails(openApi) {
  const { paths, components, ...rest } = JSON.parse(JSON.stringify(openApi));
  for (const operation of Object.values(paths).flatMap((item) => Object.values(item))) {
    const kept = Object.entries(operation.responses).filter(([status]) => status < '300' || status === 'default');
    operation.responses = Object.fromEntries(kept);
    for (const body of [operation.requestBody ?? {}, ...Object.values(operation.responses)]) {
      delete body.headers;
      Object.values(body.content ?? {}).forEach((media) => (delete media.example, delete media.examples));
    }
  }
  return { ...rest, paths, components: { ...components, headers: {} } };
}

function errorCodes({ paths }) {
  const operations = Object.values(paths).flatMap((item) => Object.values(item));
  const responses = operations.flatMap((operation) => Object.values(operation.responses));
  const codes = new Set(responses.flatMap((response) => response['x-error-codes'] ?? []));
  const lines = [...codes].sort().map((code) => `  | '${code}'`);
  return `/** The error codes that the document names. */\nexport type DocumentedErrorCode =\n${lines.join('\n')};\n`;
}
