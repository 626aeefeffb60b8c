import { shared, withDatabase } from './jest.config.js';

/** Tests of several gateways behind a real HAProxy, which has to be installed: npm run test:cluster. */
export default {
  ...shared,
  ...withDatabase,
  displayName: 'cluster',
  testMatch: ['<rootDir>/test/cluster/**/*.cluster-spec.ts'],
  maxWorkers: 1,
  testTimeout: 180_000,
};
