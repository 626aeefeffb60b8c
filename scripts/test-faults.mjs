// npm run test:faults -- --minutes 30 --seed 7 --scenario name --short
// npm run soak -- --minutes 30 --maximum 20000
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    config: { type: 'string' },
    minutes: { type: 'string' },
    seed: { type: 'string' },
    scenario: { type: 'string' },
    short: { type: 'boolean' },
    maximum: { type: 'string' },
  },
});
const { config = 'jest.faults.config.js', ...asked } = values;
const env = Object.fromEntries(Object.entries(asked).map(([name, value]) => [`FAULTS_${name.toUpperCase()}`, String(value)]));
const jest = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];
const { status } = spawnSync(process.execPath, [...jest, '--config', config], {
  stdio: 'inherit',
  env: { ...process.env, ...env },
});
process.exit(status ?? 1);
