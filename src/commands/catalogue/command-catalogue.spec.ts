import { BUILT_IN_CATALOGUE } from './built-in-catalogue.js';
import { CatalogueError, CommandCatalogue, RAW_SHAPE } from './command-catalogue.js';

const catalogue = new CommandCatalogue(BUILT_IN_CATALOGUE);
const judge = (command: string, reply: string) => catalogue.judge(command, reply);

describe('finding a command', () => {
  it('goes by the first word, whatever is around it', () => {
    expect(['getinfo', '  getinfo  ', 'getinfo now'].map((text) => catalogue.find(text)?.command)).toEqual(
      Array(3).fill('getinfo'),
    );
  });

  it('is case-sensitive, as the device is', () => {
    expect(['Getinfo', 'GETINFO', 'getinfos', ''].map((text) => catalogue.find(text))).toEqual([null, null, null, null]);
  });

  it('takes a colon for the end of the word only where the syntax has one', () => {
    expect(catalogue.find('odoset:5000')?.command).toBe('odoset');
    expect(catalogue.find('odoset 5000')?.command).toBe('odoset');
    expect(catalogue.find('setparam:5000')).toBeNull();
  });

  it('does not take a property that every object has for a command', () => {
    expect(catalogue.find('constructor')).toBeNull();
  });
});

describe('a raw command', () => {
  it('is completed by any words', () => {
    expect(['OK', 'ERROR', 'done'].map((reply) => judge('frobnicate 1', reply))).toEqual(Array(3).fill('completed'));
    expect(judge('getimsi', '246020000000000')).toBe('completed');
    expect(catalogue.shapeOf('frobnicate 1')).toBe(RAW_SHAPE);
  });

  it.each([
    'Unknown command or invalid format!',
    'UNKNOWN COMMAND OR INVALID FORMAT!\r\n\0',
    'Bad syntax',
    "Param ID:2027 doesn't exist",
    'WARNING: Not supported Param ID or Value detected',
    'Not supported AVL ID',
    'DOUT1 Is disabled from CFG',
  ])('is rejected by every refusal that is documented: %s', (reply) => {
    expect(judge('frobnicate 1', reply)).toBe('rejected');
    expect(judge('getimsi', reply)).toBe('rejected');
  });

  it('is completed by a reply without text', () => {
    expect(['', ' ', '\r\n\0'].map((reply) => judge('frobnicate', reply))).toEqual(Array(3).fill('completed'));
  });
});

describe('a reply without text', () => {
  it('answers a catalogued command only where its entry says so', () => {
    expect(['', '\r\n', '\0', ' '].map((reply) => judge('scandtc 11', reply))).toEqual(Array(4).fill('completed'));
    expect(['getinfo', 'setdigout 1', 'cpureset'].map((command) => judge(command, ''))).toEqual(Array(3).fill('unrelated'));
  });
});

describe('a refusal that names nothing', () => {
  it('rejects a command of any kind', () => {
    const commands = ['getinfo', 'setdigout 1', 'setparam 2004:a', 'cpureset', 'frobnicate'];
    expect(commands.map((command) => judge(command, 'Unknown command or invalid format!'))).toEqual(Array(5).fill('rejected'));
  });
});

describe('a silent command', () => {
  it('is not completed by words that are not known to be its own', () => {
    expect(judge('cpureset', 'Param ID:21 Value:4')).toBe('unrelated');
    expect(judge('getrecord', 'OK')).toBe('unrelated');
  });

  it('is completed by its success text where there is one', () => {
    expect(judge('getrecord', 'Record triggered with high priority')).toBe('completed');
    expect(judge('deleterecords', 'All records are erased')).toBe('completed');
  });
});

describe('the ids of a command', () => {
  it.each([
    ['readio 21', 'Param ID:21 Value:4', 'completed'],
    ['readio 21', 'IO ID:21 Value:4', 'completed'],
    ['readio 021', 'Param ID:21 Value:4', 'completed'],
    ['readio 21', 'Param ID:2 Value:21', 'unrelated'],
    ['readio 21', 'Param ID:210 Value:4', 'unrelated'],
    ['readio', 'Param ID:21 Value:4', 'unrelated'],
    ['readavl 1', 'ParIO[1]: 0', 'completed'],
    ['readavl 1', 'IO[11]: 0', 'unrelated'],
    ['getparam 2001;2002', 'Param ID:2001 Value:wap;2002:user', 'completed'],
    ['getparam 2001;2002', 'Param ID:2002 Value:user;2001:wap', 'completed'],
    ['getparam 2001;2002', 'Param ID:2001 Value:wap', 'unrelated'],
    ['getparam 2001;2002', 'Param ID:2001 Value:wap;2003:pass', 'unrelated'],
    ['getparam 2001', 'Param ID:2001 Value:first line\nsecond;2002:of the value', 'completed'],
    ['getparam 2001', 'New value 2001:wap', 'unrelated'],
    ['getparam 2001', 'Param ID:2002 doesn’t exist', 'unrelated'],
    ['getparam 2001;2002', "Param ID:2002 doesn't exist", 'rejected'],
    ['getparam 2002', 'Param ID:2002 doesn\u00e2\u0080\u0099t exist', 'rejected'],
    ['readio 2027', "Param ID:2027 doesn't exist", 'rejected'],
    ['setparam 2027:1', "Param ID:2027 doesn't exist", 'rejected'],
    ['setparam 2028:1', "Param ID:2027 doesn't exist", 'unrelated'],
    ['getparam 2027', 'WARNING: Not supported Param ID or Value detected', 'rejected'],
    ['setparam 2001:wap', 'New value 2002:wap', 'unrelated'],
    ['setparam 2001:wap;2002:user', 'New value 2001:wap', 'unrelated'],
    ['setparam 2001:a;b', 'New value 2001:a;b', 'completed'],
    ['setparam 2001:wap', 'Param ID:2001 New value:wap', 'completed'],
  ])('%s is answered by %j: %s', (command, reply, verdict) => {
    expect(judge(command, reply)).toBe(verdict);
  });
});

describe('the values of a command', () => {
  it.each([
    ['setparam 2004:b', 'New value 2004:b', 'completed'],
    ['setparam 2004:b', 'New value 2004:b;', 'completed'],
    ['setparam 2004:b', 'New value 2004:a;', 'unrelated'],
    ['setparam 2004:b', 'New value 2004:', 'unrelated'],
    ['setparam 2004:b', 'New value 2004:bb', 'unrelated'],
    ['setparam 2004:b', 'new value 02004: B ;', 'completed'],
    ['setparam 2004:b', 'Param ID:2004 Value:b', 'completed'],
    ['setparam 2004:b', 'Param ID: 2004 New value: b', 'completed'],
    ['setparam 2004:b', 'Param ID:2004 Value:a', 'unrelated'],
    ['setparam 2004:', 'New value 2004:;', 'completed'],
    ['setparam 2004:', 'New value 2004:a;', 'unrelated'],
    ['setparam 2004', 'New value 2004:a;', 'unrelated'],
    ['setparam 2004:a b ', 'New value 2004:a b;', 'completed'],
    ['setparam 2004:a b', 'New value 2004:ab', 'unrelated'],
    ['setparam 2001:a;2002:b', 'New value 2001:a;2002:b;', 'completed'],
    ['setparam 2001:a;2002:b', 'New value 2002:b;2001:a;', 'completed'],
    ['setparam 2001:a;2002:b', 'New value 2001:a;2002:c;', 'unrelated'],
    ['setparam 2001:a;2002:b', 'New value 2001:b;2002:a;', 'unrelated'],
    ['setparam 2001:a;2002:b', 'New value 2001:a;', 'unrelated'],
    ['setparam 1000:007', 'New value 1000:7', 'completed'],
    ['setparam 1000:7', 'New value 1000:7.0', 'completed'],
    ['setparam 1000:-0', 'New value 1000:0', 'completed'],
    ['setparam 1000:7', 'New value 1000:-7', 'unrelated'],
    ['setparam 1000:7', 'New value 1000:70', 'unrelated'],
    ['setparam 1000:9007199254740993', 'New value 1000:9007199254740992', 'unrelated'],
    ['odoset:5000', 'Saved Odometer Value: 5000 km', 'completed'],
    ['odoset:5000', 'saved odometer value:5000.0', 'completed'],
    ['odoset 5000', 'Saved Odometer Value: 5000', 'completed'],
    ['odoset:5000', 'Saved Odometer Value: 500 km', 'unrelated'],
    ['odoset:500', 'Saved Odometer Value: 5000 km', 'unrelated'],
    ['odoset', 'Saved Odometer Value: 5000 km', 'unrelated'],
  ])('%s is answered by %j: %s', (command, reply, verdict) => {
    expect(judge(command, reply)).toBe(verdict);
  });
});

describe('the outputs of a command', () => {
  it.each([
    ['setdigout 1?', 'DOUT1:1 Timeout:INFINITY DOUT2:IGNORED', 'completed'],
    ['setdigout 1?', 'DOUT1:Already set to 1 DOUT2:IGNORED', 'completed'],
    ['setdigout 1?', 'DOUT1:1', 'completed'],
    ['setdigout 1?', 'dout1: on', 'completed'],
    ['setdigout 1?', 'dout1: off', 'unrelated'],
    ['setdigout 1?', 'DOUT1:0 Timeout:INFINITY DOUT2:IGNORED', 'unrelated'],
    ['setdigout 1?', 'DOUT1:Already set to 0 DOUT2:IGNORED', 'unrelated'],
    ['setdigout 1?', 'DOUT1:OFF', 'unrelated'],
    ['setdigout 1?', 'DOUT1:IGNORED DOUT2:1', 'unrelated'],
    ['setdigout 1?', 'DOUT2:1 Timeout:INFINITY', 'unrelated'],
    ['setdigout 1?', 'DOUT11:1 Timeout:INFINITY', 'unrelated'],
    ['setdigout 1?', 'DOUT1:1 Timeout:INFINITY DOUT2:0 Timeout:INFINITY', 'completed'],
    ['setdigout ?1 ? 30', 'DOUT1:IGNORED DOUT2:1 Timeout:30s', 'completed'],
    ['setdigout 10 5 ? 20', 'DOUT1:1 Timeout:5s Speed threshold:20km/h DOUT2:Already set to 0', 'completed'],
    ['setdigout 11', 'DOUT1:1 Timeout:INFINITY', 'unrelated'],
    ['setdigout 11', 'DOUT1:1 Timeout:INFINITY DOUT2:0 Timeout:INFINITY', 'unrelated'],
    ['setdigout 11', 'DOUT1:1 Timeout:5s Speed threshold:9km/h Speed is above threshold, queued DOUT2:1 Timeout:5s', 'postponed'],
    ['setdigout 0', 'DOUT1:1 Timeout:15s IGN ON, QUEUED', 'unrelated'],
    ['setdigout ??', 'DOUT1:IGNORED DOUT2:IGNORED', 'completed'],
    ['setdigout ??', 'DOUT1:1 Timeout:INFINITY DOUT2:IGNORED', 'unrelated'],
    ['setdigout 0?1', 'DOUTS are set to:0010 TMOs are: 0 0 5 0.', 'completed'],
    ['setdigout 1?1', 'DOUTS are set to:0010 TMOs are: 0 0 5 0.', 'unrelated'],
    ['setdigout 11', 'DOUT1:1 Timeout:INFINITY DOUT2 Is disabled from CFG', 'rejected'],
    ['setdigout 1?', 'DOUT2 ERROR', 'unrelated'],
    ['setdigout on', 'DOUT1:1 Timeout:INFINITY', 'unrelated'],
    ['setdigout on', 'DOUT1 params are invalid', 'rejected'],
  ])('%s is answered by %j: %s', (command, reply, verdict) => {
    expect(judge(command, reply)).toBe(verdict);
  });
});

describe("the operator's file", () => {
  const read = (content: unknown) => CommandCatalogue.withOperatorEntries(JSON.stringify(content), 'catalogue.json');

  it('that says nothing about replies keeps those of the built-in command', () => {
    const guarded = read([{ command: 'setdigout', guard: { maxSpeedKmh: 5 } }]);
    const builtIn = catalogue.find('setdigout')!;
    expect(guarded.find('setdigout')).toMatchObject({ ...builtIn, guard: { maxSpeedKmh: 5 } });
    expect(guarded.judge('setdigout 1', 'any words')).toBe('unrelated');
    expect(guarded.targetsOf('setdigout 1')).toEqual(catalogue.targetsOf('setdigout 1'));
  });

  it('adds commands, of which only the name has to be given', () => {
    const extended = read([
      { command: 'lock', syntax: 'lock:<0|1>', success: '^LOCK (?:OK|QUEUED)', queued: 'QUEUED' },
      { command: 'beep' },
    ]);
    expect(extended.definitions).toHaveLength(BUILT_IN_CATALOGUE.length + 2);
    expect(['LOCK OK', 'LOCK QUEUED', 'OK'].map((reply) => extended.judge('lock:1', reply))).toEqual([
      ...['completed', 'postponed', 'unrelated'],
    ]);
    expect([extended.shapeOf('lock:1'), extended.shapeOf('beep')]).toEqual(['lock', RAW_SHAPE]);
  });

  it('takes the whole built-in catalogue as an operator would write it', () => {
    expect(read(BUILT_IN_CATALOGUE).definitions).toEqual(BUILT_IN_CATALOGUE);
  });

  it('replaces a built-in command as a whole', () => {
    const replaced = read([{ command: 'setdigout', success: '^DONE' }]);
    expect(replaced.definitions).toHaveLength(BUILT_IN_CATALOGUE.length);
    expect(replaced.find('setdigout 1')).toMatchObject({ success: '^DONE', failure: null, replyShape: 'setdigout' });
    expect(replaced.judge('setdigout 1', 'DOUT1:1')).toBe('unrelated');
  });

  it.each([
    ['not an array', {}, 'catalogue.json: has to be an array of command definitions'],
    ['an entry that is not an object', ['getinfo'], 'catalogue.json: entry 1: has to be an object'],
    ['an entry without a command', [{ syntax: 'x' }], 'catalogue.json: entry 1: "command" is missing'],
    ['an unknown field', [{ command: 'a' }, { command: 'b', pattern: 'x' }], 'entry 2 ("b"): unknown field "pattern"'],
    [
      'a command of two words',
      [{ command: 'a b' }],
      'entry 1 ("a b"): "command" has to be one word of printable ASCII without ":"',
    ],
    ['a wrong type', [{ command: 'a', silent: 'yes' }], 'entry 1 ("a"): "silent" has to be true or false'],
    ['null where a text has to be', [{ command: 'a', syntax: null }], '"syntax" has to be a text'],
    ['examples that are not texts', [{ command: 'a', examples: [1] }], '"examples" has to be an array of texts'],
    [
      'an unknown discriminator',
      [{ command: 'a', discriminator: 'ids' }],
      '"discriminator" has to be "none", "id", "outputs", "settings"',
    ],
    [
      'a value without a group',
      [{ command: 'a', success: '^V', discriminator: 'value' }],
      '"success" has to take the value as a group',
    ],
    ['an emptyReply that is not a boolean', [{ command: 'a', emptyReply: 'yes' }], '"emptyReply" has to be true or false'],
    ['a bad pattern', [{ command: 'a', success: '^(' }], 'entry 1 ("a"): "success" is not a regular expression: Invalid'],
    ['a pattern that is too long', [{ command: 'a', failure: 'x'.repeat(501) }], '"failure" has 501 characters, at most 500'],
    ['an id without a group', [{ command: 'a', success: '^ID', discriminator: 'id' }], '"success" has to take the id as a group'],
    ['the raw shape with a pattern', [{ command: 'a', success: 'x', replyShape: 'raw' }], `"replyShape" can't be "raw"`],
    [
      'an example it does not accept',
      [{ command: 'a', success: '^x', examples: ['x', 'y'] }],
      'none of the patterns accepts number 2',
    ],
    ['a command twice', [{ command: 'a' }, { command: 'a' }], 'entry 2 ("a"): this command stands in the file twice'],
  ])('is refused, with the entry and the problem: %s', (_, content, message) => {
    expect(() => read(content)).toThrow(CatalogueError);
    expect(() => read(content)).toThrow(message);
  });

  it('is refused when it is not JSON', () => {
    expect(() => CommandCatalogue.withOperatorEntries('[{', 'catalogue.json')).toThrow(/^catalogue\.json: not JSON: /);
  });

  it('ignores case, and may say that a reply repeats a value, or has no text', () => {
    const extended = read([
      { command: 'limit', syntax: 'limit:<km/h>', success: '^Limit (\\d+)', discriminator: 'value' },
      { command: 'faults', success: '^Faults:', emptyReply: true },
    ]);
    expect(['LIMIT 30', 'limit 31'].map((reply) => extended.judge('limit:30', reply))).toEqual(['completed', 'unrelated']);
    expect(['FAULTS: 3', '\r\n'].map((reply) => extended.judge('faults', reply))).toEqual(['completed', 'completed']);
  });

  it('takes a pattern of just the length that is allowed', () => {
    expect(read([{ command: 'a', failure: 'x'.repeat(500) }]).find('a')?.failure).toHaveLength(500);
  });
});
