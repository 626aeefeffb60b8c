/** Everything the three tiers share: TypeScript through swc, as ES modules. */
export const shared = {
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: { '^.+\\.ts$': ['@swc/jest'] },
  setupFiles: ['<rootDir>/test/support/quiet-logger.ts'],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.data/'],
};

/** The tiers that need PostgreSQL share one server, started once a run. */
export const withDatabase = {
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
};

export default {
  rootDir: import.meta.dirname,
  projects: [
    { ...shared, displayName: 'unit', testMatch: ['<rootDir>/{src,bench,test,client/src}/**/*.spec.ts'] },
    { ...shared, ...withDatabase, displayName: 'integration', testMatch: ['<rootDir>/test/integration/**/*.int-spec.ts'] },
    { ...shared, ...withDatabase, displayName: 'e2e', testMatch: ['<rootDir>/test/e2e/**/*.e2e-spec.ts'] },
  ],
  // Most of an end-to-end test is waiting for time-outs and processes: four workers also on two cores.
  maxWorkers: 4,
  testSequencer: '<rootDir>/jest.sequencer.js',
  // Far above what the longest test takes on two idle cores, 35 s: beside other work it takes several times as long.
  testTimeout: 120_000,
};
