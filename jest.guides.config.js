import { shared, withDatabase } from './jest.config.js';

/** The webhook receivers of docs/guides, in Node.js, Python and PHP: npm run test:guides, after .ci/install-receivers. */
export default {
  ...shared,
  ...withDatabase,
  displayName: 'guides',
  testMatch: ['<rootDir>/test/guides/**/*.guides-spec.ts'],
  maxWorkers: 1,
  testTimeout: 120_000,
};
