/**
 * npm run check:deploy: renders deploy/ with pinned tools (.ci/install-tools) and validates it: the chart with several sets of values,
 * the Kustomize manifests, each against the strict schemas of the oldest and the newest Kubernetes; and what no schema knows: that chart
 * and manifests agree, that variables are the gateway's, that grace periods and selectors fit.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHART, documents, helmTemplate, KUBERNETES, output, requireTools, ROOT, run, validate } from './check-deploy-tools.mjs';
import {
  assertGraceFits,
  assertHardened,
  assertKnownVariables,
  assertMonitorFindsApi,
  assertSelectors,
  find,
} from './check-deploy-objects.mjs';

const VALUE_SETS = { defaults: [], everything: ['ci/everything-values.yaml'], nothing: ['ci/nothing-values.yaml'] };
const KUSTOMIZATIONS = ['base', 'migration', 'overlays/example/gateway', 'overlays/example/migration'];
const failures = [];
let passed = 0;

function check(name, body) {
  try {
    body();
    passed++;
  } catch (error) {
    failures.push(name);
    console.error(`✗ ${name}\n  ${error instanceof Error ? error.message : String(error)}`);
  }
}

requireTools();
const read = (path) => readFileSync(join(ROOT, path), 'utf8');
const variables = new Set(
  [...read('docs/reference/configuration.md').matchAll(/^\| `([A-Z][A-Z0-9_]+)` +\|/gm)].map(([, name]) => name),
);
const { version } = JSON.parse(read('package.json'));

checkSchemasAreStrict();
checkChart();
checkRefusedValues();
checkManifests();
checkAgreement();
console.log(`check:deploy: ${passed} passed, ${failures.length} failed`);
process.exit(failures.length === 0 ? 0 : 1);

/** That the validator would notice: a schema that is not found, or not strict, passes everything. */
function checkSchemasAreStrict() {
  const budget = 'apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: { name: x }\nspec: ';
  const monitor = 'apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: { name: x }\nspec: ';
  for (const kubernetes of KUBERNETES) {
    const isValid = (manifest) => validate(manifest, kubernetes).code === 0;
    check(`Kubernetes ${kubernetes}: the schemas are strict`, () => {
      assert.ok(isValid(`${budget}{ maxUnavailable: 1 }`));
      assert.ok(!isValid(`${budget}{ maxUnavailble: 1 }`), 'a field that does not exist is not noticed');
      assert.ok(!isValid(`${budget}{ maxUnavailable: 1, maxUnavailable: 2 }`), 'a key that stands twice is not noticed');
      assert.ok(!isValid('apiVersion: v1\nkind: Sevrice\nmetadata: { name: x }'), 'a kind that does not exist is not noticed');
      assert.ok(isValid(`${monitor}{ selector: {}, endpoints: [{ port: http }] }`));
      assert.ok(
        !isValid(`${monitor}{ selector: {}, endpoints: [{ prot: http }] }`),
        'the schema of ServiceMonitor is not strict',
      );
    });
  }
}

function checkChart() {
  check('Chart.yaml: appVersion is the version in package.json', () => {
    assert.equal(documents(read(join(CHART, 'Chart.yaml')))[0].appVersion, version);
  });
  for (const [set, files] of Object.entries(VALUE_SETS)) {
    check(`helm lint, ${set}`, () =>
      output('helm', ['lint', '--strict', CHART, ...files.flatMap((file) => ['-f', join(CHART, file)])]),
    );
    for (const kubernetes of KUBERNETES) {
      checkRendered(`helm template, ${set}`, () => output('helm', helmTemplate(files, kubernetes)), kubernetes);
    }
  }
  check('helm template, everything: has every kind of object', () => {
    const objects = documents(output('helm', helmTemplate(VALUE_SETS.everything)));
    assert.deepEqual(objects.map(({ kind }) => kind).sort(), [
      'Deployment',
      'HorizontalPodAutoscaler',
      'Ingress',
      'Job',
      'NetworkPolicy',
      'PodDisruptionBudget',
      'Service',
      'Service',
      'ServiceMonitor',
    ]);
    assertMonitorFindsApi(objects);
  });
  check('helm template, nothing: has the Deployment and its Services', () => {
    const objects = documents(output('helm', helmTemplate(VALUE_SETS.nothing)));
    assert.deepEqual(objects.map(({ kind }) => kind).sort(), ['Deployment', 'Service', 'Service']);
  });
}

/** The schema of the values, and the templates, refuse what would go wrong later. */
function checkRefusedValues() {
  const refused = [
    ['a value that does not exist', "'replicas' not allowed", '--set', 'replicas=3'],
    ['a secret in plain values', 'DATABASE_URL', '--set', 'settings.DATABASE_URL=postgres://host/db'],
    ['a Secret without the database', '/secret/variables', '--set', 'secret.variables={IOT_API_KEY}'],
    [
      'a variable from the Secret that is also plain',
      'comes from the Secret',
      '--set',
      'settings.LOG_LEVEL=log,secret.variables={DATABASE_URL,IOT_API_KEY,LOG_LEVEL}',
    ],
    ['a variable that the chart sets itself', 'BROKER_PORT', '--set-string', 'settings.BROKER_PORT=9001'],
    ['a certificate that the chart mounts itself', 'BROKER_TLS_PORT', '--set-string', 'settings.BROKER_TLS_PORT=9001'],
    ['a number, which Helm would spell 3.3554432e+07', 'want string', '--set', 'settings.BROKER_MAX_BYTES_IN_FLIGHT=33554432'],
    ['an Ingress without a host', '/ingress/host', '--set', 'ingress.enabled=true'],
    ['a CIDR block that is none', '/networkPolicy/devicesFrom/0', '--set', 'networkPolicy.devicesFrom={operator}'],
    ['a Kubernetes that is too old', 'kubeVersion', '--kube-version', '1.26.0'],
  ];
  for (const [what, reason, ...args] of refused) {
    check(`helm template refuses ${what}`, () => {
      const { code, output: report } = run('helm', helmTemplate([], undefined, args));
      assert.notEqual(code, 0);
      assert.ok(report.includes(reason), report);
    });
  }
}

function checkManifests() {
  for (const folder of KUSTOMIZATIONS) {
    for (const kubernetes of KUBERNETES) {
      checkRendered(`kustomize, ${folder}`, () => kustomize(folder), kubernetes);
    }
  }
}

function checkRendered(name, render, kubernetes) {
  check(`${name}: valid in Kubernetes ${kubernetes}, and consistent`, () => {
    const manifests = render();
    const { code, output: report } = validate(manifests, kubernetes);
    assert.equal(code, 0, report);
    const objects = documents(manifests);
    assertKnownVariables(objects, variables);
    assertHardened(objects);
    if (objects.some(({ kind }) => kind === 'Deployment')) {
      assertGraceFits(objects);
      assertSelectors(objects);
    }
  });
}

/** Chart and manifests are made from the same intent: with default values the same specs come out. */
function checkAgreement() {
  const chart = documents(output('helm', helmTemplate(VALUE_SETS.defaults)));
  const manifests = ['base', 'migration'].flatMap((folder) => documents(kustomize(folder)));
  check('chart and manifests have the same objects', () => {
    assert.deepEqual(names(manifests), names(chart));
  });
  for (const object of manifests) {
    const { kind, metadata } = object;
    check(`chart and manifests agree: ${kind} ${metadata.name}`, () => {
      assert.deepEqual(comparable(object), comparable(find(chart, kind, metadata.name)));
    });
  }
  check('chart and manifests agree: what is optional', () => {
    const [monitor, ingress] = ['service-monitor/service-monitor', 'ingress/ingress'].map(
      (file) => documents(read(`deploy/kustomize/components/${file}.yaml`))[0],
    );
    const everything = documents(output('helm', helmTemplate(VALUE_SETS.everything)));
    assert.deepEqual(monitor.spec, find(everything, 'ServiceMonitor').spec);
    const extra = ['--set', 'ingress.enabled=true,ingress.host=iot.example.com'];
    assert.deepEqual(ingress.spec, find(documents(output('helm', helmTemplate([], undefined, extra))), 'Ingress').spec);
  });
}

function kustomize(folder) {
  return output('kustomize', ['build', join('deploy/kustomize', folder)]);
}

function names(objects) {
  return objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort();
}

/** The spec; variables in the order of their names. */
function comparable({ spec }) {
  const copy = JSON.parse(JSON.stringify(spec));
  for (const container of copy.template?.spec.containers ?? []) {
    container.env.sort((one, other) => one.name.localeCompare(other.name));
  }
  return copy;
}
