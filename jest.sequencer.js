import TestSequencer from '@jest/test-sequencer';

const TIERS = ['e2e', 'integration', 'unit'];

/**
 * End-to-end files first: they take up to a minute, and one that begins last would leave the other workers without work. Within a tier the order
 * is jest's: by the duration of the last run, or by size where there was none.
 */
export default class SlowestTierFirst extends TestSequencer {
  sort(tests) {
    const tierOf = (test) => TIERS.indexOf(test.context.config.displayName?.name);
    return [...super.sort(tests)].sort((a, b) => tierOf(a) - tierOf(b));
  }
}
