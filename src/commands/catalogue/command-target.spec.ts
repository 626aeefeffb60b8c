import { BUILT_IN_CATALOGUE } from './built-in-catalogue.js';
import { CommandCatalogue } from './command-catalogue.js';

const catalogue = new CommandCatalogue(BUILT_IN_CATALOGUE);

describe('the targets of a command', () => {
  it.each<[string, string[]]>([
    ['setdigout 1', ['output:1']],
    ['setdigout 0', ['output:1']],
    ['setdigout 1?', ['output:1']],
    ['setdigout ?0 ? 30', ['output:2']],
    ['setdigout 0?1', ['output:1', 'output:3']],
    ['setdigout ??', []],
    ['setdigout on', []],
    ['setdigout', []],
    ['setigndigout 10 5 5', ['output:1', 'output:2']],
    ['pulsedigout ?1 500 500 3', ['output:2']],
    ['setparam 2004:a', ['param:2004']],
    ['  setparam 02004:a', ['param:2004']],
    ['setparam 2001:wap;2002:user;2003:pass;', ['param:2001', 'param:2002', 'param:2003']],
    ['setparam 2001: a b;c; 2002:d', ['param:2001', 'param:2002']],
    ['setparam 2001:a;2001:b', ['param:2001']],
    ['setparam 2004:', ['param:2004']],
    ['setparam 2004', []],
    ['odoset:5000', ['odometer']],
    ['odoset 0', ['odometer']],
    ['sclockctrl 1', ['scooter-lock']],
    ['scsetspdlim 2 25', ['scooter-speed-limit:2']],
    ['scsetspdlim', []],
  ])('%s: %j', (command, targets) => {
    expect(catalogue.targetsOf(command)).toEqual(targets);
  });

  it('are none for commands that ask, act once, or are unknown', () => {
    const asking = ['getinfo', 'getparam 2004', 'readio 179', 'flush 1,2', 'cpureset', 'getrecord', 'frobnicate 1', ''];
    expect(asking.flatMap((command) => catalogue.targetsOf(command))).toEqual([]);
  });
});

describe("the target in the operator's file", () => {
  const read = (...entries: unknown[]) => CommandCatalogue.withOperatorEntries(JSON.stringify(entries), 'catalogue.json');

  it('can be one of the built-in kinds, a name, or a name with the first argument', () => {
    const extended = read(
      { command: 'relay', target: 'outputs' },
      { command: 'config', syntax: 'config:<pairs>', target: 'params' },
      { command: 'lock', syntax: 'lock:<0|1>', target: 'lock' },
      { command: 'limit', target: 'limit:{1}' },
    );
    expect(['relay ?1', 'config 7:1', 'lock:1', 'limit 3 20'].map((command) => extended.targetsOf(command))).toEqual([
      ['output:2'],
      ['param:7'],
      ['lock'],
      ['limit:3'],
    ]);
  });

  it('is that of the built-in command of the same name, or follows from the discriminator, when it is left out', () => {
    const extended = read(
      { command: 'setdigout', success: '^DONE' },
      { command: 'dout', success: '^DOUT', discriminator: 'outputs' },
    );
    expect([extended.targetsOf('setdigout 1'), extended.targetsOf('dout 1')]).toEqual([['output:1'], ['output:1']]);
    expect(read({ command: 'setdigout', target: null }).targetsOf('setdigout 1')).toEqual([]);
  });

  it.each(['Lock', 'a b', 'limit:{2}', '', 'x'.repeat(41)])('is refused: %j', (target) => {
    expect(() => read({ command: 'a', target })).toThrow('"target" has to be null, "outputs", "params", or a name');
  });
});
