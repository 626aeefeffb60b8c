import { shared } from './jest.config.js';

/** Gateways, database, network and host on their worst day: npm run test:faults. Each scenario starts a PostgreSQL of its own. */
export default {
  ...shared,
  displayName: 'faults',
  testMatch: ['<rootDir>/test/faults/**/*.faults-spec.ts'],
  maxWorkers: 1,
  testTimeout: (Number(process.env.FAULTS_MINUTES ?? 0) + 10) * 60_000,
};
