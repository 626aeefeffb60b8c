/** Import rules (CONTRIBUTING.md, "Layout"). */
const features = [
  'sessions',
  'admission',
  'device-data',
  'diagnosis',
  'telemetry',
  'commands',
  'mqtt-commands',
  'events',
  'webhooks',
  'sinks',
  'tracing',
  'health',
  'metrics',
  'access',
  'console',
];
/** What a feature may import of another one: its module, one service, and the types and SQL fragments that go with it. */
const publicFaces = [
  '^src/access/(route-access\\.decorator|audit/audit-(actor|entry|log\\.module)|audit/audit\\.service|access\\.module|scope)\\.ts$',
  '^src/access/(authentication/(authentication|client-address|session-callers)|keys/(key-bindings|keys\\.module|known-keys))\\.ts$',
  '^src/sessions/sessions\\.(module|service)\\.ts$',
  '^src/admission/(admission\\.module|device-admission|admission-rule)\\.ts$',
  '^src/events/(events\\.(module|settings)|event-log(-reader)?|events\\.errors|stream/(stream\\.module|stream-signals)|telemetry/telemetry-(event-log|report)|event-(types|cursor|envelope|schemas)|recorded-event|logged-event\\.entity|event\\.dto)\\.ts$',
  '^src/events/bodies/',
  '^src/telemetry/(telemetry\\.module|latest/(newest-records|stored-records|vehicle-state)|records/output-records|record-log/record-log(-reader)?)\\.ts$',
  '^src/diagnosis/(diagnosis\\.module|device-log)\\.ts$',
  '^src/commands/(commands\\.module|messages/command-messages)\\.ts$',
];

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'protocol-imports-nothing',
      comment: 'Bytes to values and back: no Nest, no npm package, no Node module but its types.',
      severity: 'error',
      from: { path: '^src/protocol', pathNot: '\\.spec\\.ts$' },
      to: { pathNot: '^src/protocol' },
    },
    {
      name: 'platform-knows-no-business',
      severity: 'error',
      from: { path: '^src/platform' },
      to: { path: '^src', pathNot: '^src/platform' },
    },
    {
      name: 'embedded-postgres-imports-errors-only',
      comment: 'A program of its own that the composition root starts.',
      severity: 'error',
      from: { path: '^src/embedded-postgres' },
      to: { path: '^src', pathNot: '^src/(embedded-postgres|platform/errors)/' },
    },
    {
      name: 'transport-imports-protocol-only',
      severity: 'error',
      from: { path: '^src/transport' },
      to: { path: '^src', pathNot: '^src/(transport|protocol)' },
    },
    {
      name: 'simulator-imports-protocol-only',
      severity: 'error',
      from: { path: '^src/simulator' },
      to: { path: '^src', pathNot: '^src/(simulator|protocol)' },
    },
    ...features.map((feature) => ({
      name: `${feature}-imports-public-faces-only`,
      comment: 'A feature imports only the public face of another one (CONTRIBUTING.md).',
      severity: 'error',
      from: { path: `^src/${feature}/` },
      to: {
        path: '^src/',
        pathNot: [`^src/(${feature}|platform|transport|protocol)/`, ...publicFaces],
      },
    })),
    {
      name: 'only-the-roots-name-every-module',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(main|gateway|keys-cli|app\\.module|configure-http|settings)\\.ts$' },
      to: { path: '^src/(main|gateway|migrate|keys-cli|app\\.module|configure-http)\\.ts$' },
    },
    {
      name: 'migrate-needs-the-platform-only',
      severity: 'error',
      from: { path: '^src/migrate\\.ts$' },
      to: { path: '^src/', pathNot: '^src/platform/' },
    },
    {
      name: 'listener-tests-build-their-own-bytes',
      comment: 'An encoder must not vouch for its decoder.',
      severity: 'error',
      from: { path: '^test/support/' },
      to: { path: '^src/protocol' },
    },
    {
      name: 'no-test-code-in-src',
      severity: 'error',
      from: { path: '^src', pathNot: '\\.spec\\.ts$' },
      to: { path: '^(test|bench)' },
    },
    {
      name: 'console-pages-import-the-client-only',
      comment: 'What runs in the browser: itself and the client, whose types are those of the REST API.',
      severity: 'error',
      from: { path: '^console/' },
      to: { path: '^(src|migrations|bench|test|scripts)/' },
    },
    {
      name: 'nothing-imports-the-console-pages',
      severity: 'error',
      from: { pathNot: '^console/' },
      to: { path: '^console/' },
    },
    {
      name: 'client-imports-openapi-fetch-only',
      comment: 'It runs in browsers, and is published without the gateway.',
      severity: 'error',
      from: { path: '^client/src', pathNot: '\\.spec\\.ts$' },
      to: { pathNot: '^client/src|node_modules/openapi-fetch/' },
    },
    {
      name: 'no-client-in-the-gateway',
      severity: 'error',
      from: { path: '^(src|migrations)' },
      to: { path: '^client' },
    },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no-dev-dependency-in-src',
      severity: 'error',
      // The clients of brokers are optional peer dependencies, imported when a variable needs them.
      from: { path: '^src', pathNot: ['\\.spec\\.ts$', '^src/(mqtt-commands|sinks/(nats|mqtt|kafka))/'] },
      to: { dependencyTypes: ['npm-dev'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
