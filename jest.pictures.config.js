import consoleConfig from './jest.console.config.js';

/** Makes docs/pictures/ from the running console: npm run pictures. */
export default {
  ...consoleConfig,
  displayName: 'pictures',
  testMatch: ['<rootDir>/test/console/pictures.ts'],
  testTimeout: 600_000,
};
