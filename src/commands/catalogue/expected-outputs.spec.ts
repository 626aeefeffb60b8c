import { BUILT_IN_CATALOGUE } from './built-in-catalogue.js';
import { CommandCatalogue } from './command-catalogue.js';

const catalogue = new CommandCatalogue(BUILT_IN_CATALOGUE);

describe('the outputs that a record must show', () => {
  it.each([
    ['setdigout 1', { 1: true }],
    ['setdigout 0?', { 1: false }],
    ['setdigout ?1', { 2: true }],
    ['setdigout 10', { 1: true, 2: false }],
    ['  setdigout   01  ', { 1: false, 2: true }],
    ['setdigout 1? 10', { 1: true }],
    ['setdigout 1? 10 0 0 25', { 1: true }],
    ['setdigout 10??', { 1: true, 2: false }],
    ['setigndigout 1 15', { 1: true }],
  ])('of "%s"', (command, outputs) => {
    expect(catalogue.expectedOutputs(command)).toEqual(outputs);
  });

  it.each([
    ['it switches nothing', 'setdigout ??'],
    ['it switches an output that has no AVL id', 'setdigout 1?1'],
    ['a device does not understand it', 'setdigout on'],
    ['it has no states', 'setdigout'],
    ['the outputs return to the state they were in', 'pulsedigout 1 100 100 3'],
    ['it switches no output', 'getinfo'],
    ['it is not known', 'custom 1'],
  ])('are not known when %s', (_why, command) => {
    expect(catalogue.expectedOutputs(command)).toBeNull();
  });
});
