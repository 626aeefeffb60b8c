import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

// A tool that is missing fails the check: skipping it would look like success.
const rules = fileURLToPath(new URL('../deploy/observability/alerts.yaml', import.meta.url));
const { status, error } = spawnSync('promtool', ['check', 'rules', rules], { stdio: 'inherit' });
if (error) {
  console.error(`promtool could not be run (${error.message}): install Debian's package "prometheus", which has it`);
}
process.exitCode = status ?? 1;
