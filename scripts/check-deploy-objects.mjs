/** Questions about rendered objects. Each throws when the answer is wrong. */
import assert from 'node:assert/strict';

export function find(objects, kind, name) {
  const found = objects.filter((object) => object.kind === kind && (name === undefined || object.metadata.name === name));
  assert.equal(found.length, 1, `expected one ${kind} ${name ?? ''}, found ${found.length}`);
  return found[0];
}

export function podTemplates(objects) {
  return objects.filter(({ kind }) => kind === 'Deployment' || kind === 'Job').map(({ spec }) => spec.template);
}

/** What the container gets from the start of its end on fits into what the cluster gives it. */
export function assertGraceFits(objects) {
  const { spec } = find(objects, 'Deployment').spec.template;
  const [container] = spec.containers;
  const preStop = Number(container.lifecycle.preStop.exec.command.at(-1));
  const grace = Number(container.env.find(({ name }) => name === 'SHUTDOWN_GRACE_SECONDS').value);
  assert.equal(spec.terminationGracePeriodSeconds, preStop + grace + 30);
}

/** Every variable that the gateway gets is one it reads. */
export function assertKnownVariables(objects, known) {
  for (const { spec } of podTemplates(objects)) {
    for (const { name } of spec.containers.flatMap(({ env }) => env)) {
      assert.ok(known.has(name), `${name} is no variable of the gateway (docs/reference/configuration.md)`);
    }
  }
}

/** Services, disruption budget and network policy mean the gateway's pods, and never the migration's. */
export function assertSelectors(objects) {
  const gateway = find(objects, 'Deployment').spec.template.metadata.labels;
  const selectors = objects.flatMap(({ kind, metadata, spec }) => {
    const selector = kind === 'Service' ? spec.selector : (spec.podSelector?.matchLabels ?? spec.selector?.matchLabels);
    return selector && kind !== 'ServiceMonitor' ? [{ what: `${kind} ${metadata.name}`, selector }] : [];
  });
  assert.ok(selectors.length >= 3);
  for (const { what, selector } of selectors) {
    assert.ok(matches(selector, gateway), `${what} does not select the gateway`);
    for (const job of objects.filter(({ kind }) => kind === 'Job')) {
      assert.ok(!matches(selector, job.spec.template.metadata.labels), `${what} selects the migration`);
    }
  }
}

/** A ServiceMonitor finds exactly one Service, and that has the port it names. */
export function assertMonitorFindsApi(objects) {
  const { selector, endpoints } = find(objects, 'ServiceMonitor').spec;
  const services = objects.filter(({ kind, metadata }) => kind === 'Service' && matches(selector.matchLabels, metadata.labels));
  assert.deepEqual(
    services.map(({ metadata }) => metadata.name),
    ['iot-broker-api'],
  );
  assert.ok(services[0].spec.ports.some(({ name }) => name === endpoints[0].port));
}

export function assertHardened(objects) {
  for (const { spec } of podTemplates(objects)) {
    const [{ securityContext }] = spec.containers;
    assert.equal(spec.automountServiceAccountToken, false);
    assert.equal(spec.securityContext.runAsNonRoot, true);
    assert.ok(spec.securityContext.runAsUser > 0);
    assert.equal(spec.securityContext.seccompProfile.type, 'RuntimeDefault');
    assert.equal(securityContext.readOnlyRootFilesystem, true);
    assert.equal(securityContext.allowPrivilegeEscalation, false);
    assert.deepEqual(securityContext.capabilities, { drop: ['ALL'] });
  }
}

function matches(selector, labels) {
  return Object.entries(selector).every(([key, value]) => labels?.[key] === value);
}
