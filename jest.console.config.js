import { shared, withDatabase } from './jest.config.js';

/** Tests of the web console in Chromium, which has to be installed: npm run test:console. */
export default {
  ...shared,
  ...withDatabase,
  displayName: 'console',
  testMatch: ['<rootDir>/test/console/**/*.console-spec.ts'],
  maxWorkers: 1,
  testTimeout: 90_000,
};
