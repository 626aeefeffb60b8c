import { shared, withDatabase } from './jest.config.js';

/** Tests against real servers of NATS, MQTT and Kafka, which `bash .ci/install-sinks` installs: npm run test:sinks. */
export default {
  ...shared,
  ...withDatabase,
  displayName: 'sinks',
  testMatch: ['<rootDir>/test/sinks/**/*.sinks-spec.ts'],
  maxWorkers: 1,
  testTimeout: 180_000,
};
