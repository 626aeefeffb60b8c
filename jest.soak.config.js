import { shared } from './jest.config.js';

/** Everything at half of the maximum, for long: npm run soak. */
export default {
  ...shared,
  displayName: 'soak',
  testMatch: ['<rootDir>/test/faults/**/*.soak-spec.ts'],
  maxWorkers: 1,
  testTimeout: (Number(process.env.FAULTS_MINUTES ?? 30) + 10) * 60_000,
};
