/** The sub-folders of a folder import each other in one direction only. Without the specs, which may import the tools of the tests. */
const { options } = require('./.dependency-cruiser.cjs');

module.exports = {
  forbidden: [{ name: 'no-circular-folders', severity: 'error', scope: 'folder', from: {}, to: { circular: true } }],
  options: { ...options, exclude: { path: '\\.spec\\.ts$' } },
};
