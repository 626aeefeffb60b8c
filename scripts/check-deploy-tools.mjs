import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadAll } from 'js-yaml';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
export const CHART = 'deploy/helm/iot-broker';
export const RELEASE = 'iot-broker';

const pinned = readFileSync(join(ROOT, '.ci/tool-versions'));
const folder = join(homedir(), '.cache/iot-broker-tools', createHash('sha256').update(pinned).digest('hex').slice(0, 16));
/** Versions of Kubernetes whose schemas are there. */
export const KUBERNETES = (/^KUBERNETES=(.+)$/m.exec(pinned.toString())?.[1] ?? '').split(',');

/** A tool that is missing fails the check: skipping it would look like success. */
export function requireTools() {
  for (const path of [
    'bin/helm',
    'bin/kustomize',
    'bin/kubeconform',
    ...KUBERNETES.map((version) => `schemas/v${version}-strict`),
  ]) {
    try {
      accessSync(join(folder, path));
    } catch {
      throw new Error(`${join(folder, path)} is missing: run "bash .ci/install-tools" first`);
    }
  }
}

/** Runs a tool in the repository's root; gives its exit code and output. */
export function run(tool, args, input = '') {
  const { status, stdout, stderr, error } = spawnSync(join(folder, 'bin', tool), args, {
    cwd: ROOT,
    input,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (error) {
    throw error;
  }
  return { code: status, stdout, output: `${stdout}${stderr}` };
}

/** What it wrote; throws unless it ended with 0. */
export function output(tool, args, input) {
  const result = run(tool, args, input);
  if (result.code !== 0) {
    throw new Error(`${tool} ${args.join(' ')} ended with ${result.code}:\n${result.output}`);
  }
  return result.stdout;
}

export function helmTemplate(valueFiles, kubernetes = KUBERNETES.at(-1), extra = []) {
  const values = valueFiles.flatMap((file) => ['-f', join(CHART, file)]);
  return ['template', RELEASE, CHART, '--kube-version', kubernetes, '--namespace', 'fleet', ...values, ...extra];
}

export function validate(manifests, kubernetes) {
  return run(
    'kubeconform',
    [
      '-strict',
      '-summary',
      '-kubernetes-version',
      kubernetes,
      '-schema-location',
      join(folder, 'schemas/{{ .NormalizedKubernetesVersion }}{{ .StrictSuffix }}/{{ .ResourceKind }}{{ .KindSuffix }}.json'),
      '-schema-location',
      join(ROOT, 'deploy/schemas/{{ .ResourceKind }}{{ .KindSuffix }}.json'),
      '-',
    ],
    manifests,
  );
}

export function documents(manifests) {
  return loadAll(manifests).filter((document) => document !== null && document !== undefined);
}
