import { type Action } from './action-definition.js';
import { BUILT_IN_CATALOGUE } from './built-in-catalogue.js';
import { CatalogueError, CommandCatalogue, RAW_SHAPE } from './command-catalogue.js';

const SAY = { action: 'say', template: 'say {text}', params: { text: { type: 'string', enum: ['hello', 'bye'] } } };
const LOCK = {
  action: 'lock',
  template: 'vehicle lock[ {seconds}]',
  params: { seconds: { type: 'integer', minimum: 1, maximum: 60 } },
  replaces: ['unlock'],
  success: '^Locked',
  failure: '^Not locked',
};
const UNLOCK = { action: 'unlock', template: 'vehicle unlock', replaces: ['lock'], urgent: true, success: '^Unlocked' };

const load = (...entries: readonly unknown[]): CommandCatalogue =>
  CommandCatalogue.withOperatorEntries(JSON.stringify(entries), 'file.json');
const find = (catalogue: CommandCatalogue, name: string): Action => catalogue.findAction(name)!;

function refusalOf(...entries: readonly unknown[]): string {
  try {
    load(...entries);
    return 'accepted';
  } catch (error) {
    expect(error).toBeInstanceOf(CatalogueError);
    return (error as Error).message;
  }
}

describe('the actions that are built in', () => {
  const catalogue = new CommandCatalogue(BUILT_IN_CATALOGUE);

  it.each([
    ['output1-on', {}, 'setdigout 1?'],
    ['output1-off', {}, 'setdigout 0?'],
    ['output2-on', {}, 'setdigout ?1'],
    ['output2-off', {}, 'setdigout ?0'],
    ['output1-on', { timeoutSeconds: 10 }, 'setdigout 1? 10 ?'],
    ['output1-off', { timeoutSeconds: 10, maxSpeedKmh: 1 }, 'setdigout 0? 10 ? 1 ?'],
    ['output1-on', { maxSpeedKmh: 5 }, 'setdigout 1? ? ? 5 ?'],
    ['output2-on', { timeoutSeconds: 10 }, 'setdigout ?1 ? 10'],
    ['output2-on', { timeoutSeconds: 10, maxSpeedKmh: 250 }, 'setdigout ?1 ? 10 ? 250'],
    ['output2-on', { maxSpeedKmh: 5 }, 'setdigout ?1 ? ? ? 5'],
  ])('%s with %j is %s', (name, params, command) => {
    const action = find(catalogue, name);
    expect(action.problemOf(params)).toBeNull();
    expect(action.render(params).command).toBe(command);
  });

  it('are guarded by the gateway too', () => {
    expect(find(catalogue, 'output1-on').render({ maxSpeedKmh: 5 }).guard).toEqual({ maxSpeedKmh: 5 });
    expect(find(catalogue, 'output1-on').render({ timeoutSeconds: 5 }).guard).toBeNull();
  });

  it('contradict each other by the output that they switch, and are answered as setdigout is', () => {
    const texts = ['output1-on', 'output1-off', 'output2-on'].map((name) => find(catalogue, name).render({}).command);
    expect(texts.map((text) => catalogue.targetsOf(text))).toEqual([['output:1'], ['output:1'], ['output:2']]);
    expect(catalogue.definitionOf(find(catalogue, 'output1-on'))).toBe(catalogue.find('setdigout'));
  });
});

describe('the parameters of a request', () => {
  const catalogue = load(SAY, LOCK, UNLOCK, {
    action: 'set',
    template: 'setparam {id}:{value}[ {unit}]',
    params: {
      id: { type: 'integer', minimum: -1, maximum: 10 },
      value: { type: 'string', pattern: '[a-c]+|x', maxLength: 3 },
      unit: { type: 'string', enum: ['km'], default: 'km' },
    },
  });

  it.each<[string, Record<string, unknown>, string | null]>([
    ['set', { id: -1, value: 'abc' }, null],
    ['set', { id: 10, value: 'x', unit: null }, null],
    ['set', { id: -2, value: 'a' }, 'params.id must be a whole number from -1 to 10'],
    ['set', { id: 11, value: 'a' }, 'params.id must be a whole number from -1 to 10'],
    ['set', { id: 1.5, value: 'a' }, 'params.id must be a whole number from -1 to 10'],
    ['set', { id: '1', value: 'a' }, 'params.id must be a whole number from -1 to 10'],
    ['set', { id: true, value: 'a' }, 'params.id must be a whole number from -1 to 10'],
    ['set', { id: 1, value: 'abca' }, 'params.value must have at most 3 characters'],
    ['set', { id: 1, value: 'ax' }, 'params.value must match [a-c]+|x'],
    ['set', { id: 1, value: 'a\n' }, 'params.value must match [a-c]+|x'],
    ['set', { id: 1, value: 7 }, 'params.value must be a text'],
    ['set', { id: 1, value: 'a', unit: 'mi' }, 'params.unit must be one of "km"'],
    ['set', { value: 'a' }, 'params.id is required by set: it must be a whole number from -1 to 10'],
    ['set', { id: null, value: 'a' }, 'params.id is required by set: it must be a whole number from -1 to 10'],
    ['set', { id: 1, value: 'a', ID: 2 }, 'params.ID is not a parameter of set; its parameters are: id, value, unit'],
    ['set', { id: 1, value: 'a', toString: 2 }, 'params.toString is not a parameter of set; its parameters are: id, value, unit'],
    ['lock', {}, null],
    ['lock', { seconds: 1 }, null],
    ['lock', { seconds: 60 }, null],
    ['lock', { seconds: 0 }, 'params.seconds must be a whole number from 1 to 60'],
    ['lock', { seconds: 61 }, 'params.seconds must be a whole number from 1 to 60'],
    ['unlock', { seconds: 1 }, 'params.seconds is not a parameter of unlock; it has no parameters'],
  ])('of %s: %j: %s', (name, params, problem) => {
    expect(find(catalogue, name).problemOf(params)).toBe(problem);
  });

  it('are completed by the defaults', () => {
    expect(find(catalogue, 'set').render({ id: 1, value: 'a' })).toEqual({
      command: 'setparam 1:a km',
      params: { id: 1, value: 'a', unit: 'km' },
      guard: null,
    });
  });

  it('have a JSON Schema', () => {
    expect(find(catalogue, 'set').paramsSchema).toEqual({
      type: 'object',
      properties: {
        id: { type: 'integer', minimum: -1, maximum: 10 },
        value: { type: 'string', pattern: '^(?:[a-c]+|x)$', maxLength: 3 },
        unit: { type: 'string', enum: ['km'], default: 'km' },
      },
      required: ['id', 'value'],
      additionalProperties: false,
    });
  });
});

describe('the replies of an action', () => {
  const catalogue = load(LOCK, UNLOCK);

  it('are those of every command whose text it could have made, also when it was requested as a text', () => {
    expect(catalogue.judge('vehicle lock 10', 'Locked for 10 s')).toBe('completed');
    expect(catalogue.judge('vehicle lock', 'Not locked')).toBe('rejected');
    expect(catalogue.judge('vehicle unlock', 'Locked')).toBe('unrelated');
    expect(catalogue.kindOf('vehicle lock 61')).toBe('catalogued');
    expect(catalogue.kindOf('vehicle lock now')).toBe('raw');
    expect(catalogue.shapeOf('vehicle unlock')).toBe('vehicle');
    expect(catalogue.shapeOf('vehicle')).toBe(RAW_SHAPE);
    expect(catalogue.isKnownReply('Unlocked')).toBe(true);
  });

  it('are those of its command where it has none of its own', () => {
    const own = load(
      { command: 'honk', success: '^HONK done' },
      { action: 'greet', template: 'honk {n}', params: { n: { type: 'integer', minimum: 1, maximum: 3 } } },
    );
    expect(own.judge(find(own, 'greet').render({ n: 2 }).command, 'HONK done')).toBe('completed');
    expect(own.definitionOf(find(own, 'greet'))?.success).toBe('^HONK done');
  });

  it('replace those of its command one by one', () => {
    const own = load({ action: 'open', template: 'setdigout 1?? 7', success: '^Opened', queued: '^Later' });
    expect(own.judge('setdigout 1?? 7', 'Opened')).toBe('completed');
    expect(own.judge('setdigout 1?? 7', 'Later')).toBe('postponed');
    expect(own.judge('setdigout 1?? 7', 'DOUT is disabled from CFG')).toBe('rejected');
    expect(own.judge('setdigout 1?? 8', 'Opened')).toBe('unrelated');
    expect([own.shapeOf('setdigout 1?? 7'), own.targetsOf('setdigout 1?? 7')]).toEqual(['digout', ['output:1']]);
  });

  it('can be none: then it is written once', () => {
    const own = load({ action: 'reboot', template: 'reboot now', silent: true });
    expect([own.isSilent('reboot now'), own.isSilent('reboot later')]).toEqual([true, false]);
  });
});

describe('an action of the same name as a built-in one', () => {
  it('takes its place', () => {
    const catalogue = load({ action: 'output1-on', template: 'setdigout 1' });
    expect(find(catalogue, 'output1-on').render({}).command).toBe('setdigout 1');
    expect(catalogue.actions).toHaveLength(4);
  });
});

describe('a wrong action in the file', () => {
  const params = (param: unknown): unknown => ({ ...SAY, params: { text: param } });
  const guarded = (guard: unknown): unknown => ({ ...SAY, guard });

  it.each<[string, unknown]>([
    ['$[1].action has to be a word of at most 40 letters', { ...SAY, action: 'say it' }],
    ['"template" is missing', { action: 'say' }],
    ['$[1].template has to be a text', { ...SAY, template: 7 }],
    ['$[1].template has a single "{"', { ...SAY, template: 'say {text' }],
    ['$[1].template has {words}, which is not among "params"', { ...SAY, template: 'say {words}' }],
    ['$[1].template has to begin with a word that has no parameter in it', { ...SAY, template: '{text}' }],
    ['$[1].params.text is used neither in "template" nor in "guard"', { ...SAY, template: 'say' }],
    ['$[1].description has to be a text or null', { ...SAY, description: 7 }],
    ['$[1].urgent has to be true or false', { ...SAY, urgent: 'yes' }],
    ['$[1].replaces has to be an array of names of actions', { ...SAY, replaces: 'lock' }],
    ['$[1].replaces[1] is not the name of an action; known are: unlock, say, output1-on', { ...SAY, replaces: ['say', 'lokc'] }],
    ['$[1] unknown field "comand"', { ...SAY, comand: 'x' }],
    ['$[1].success is not a regular expression', { ...SAY, success: '(' }],
    ['$[1] "replyShape" can\'t be "raw"', { ...SAY, success: 'x', replyShape: 'raw' }],
    ['$[1] "examples": none of the patterns accepts number 1', { ...SAY, success: '^x', examples: ['y'] }],
    ['$[1].params has to be an object', { ...SAY, params: [] }],
    ['$[1].params["a b"] the name of a parameter has to be', { ...SAY, params: { 'a b': {} } }],
    ['$[1].params.text has to be an object', params('hello')],
    ['$[1].params.text.type has to be "integer" with', params({ type: 'number' })],
    ['$[1].params.text "pattern" is missing', params({ type: 'string' })],
    ['$[1].params.text.pattern is not a regular expression', params({ type: 'string', pattern: '(' })],
    [
      '$[1].params.text.maxLength has to be a whole number from 1 to 160',
      params({ type: 'string', pattern: 'x', maxLength: 161 }),
    ],
    ['$[1].params.text "maximum" is missing', params({ type: 'integer', minimum: 1 })],
    ['$[1].params.text.minimum has to be a whole number', params({ type: 'integer', minimum: '1', maximum: 2 })],
    ['$[1].params.text.minimum is greater than "maximum"', params({ type: 'integer', minimum: 3, maximum: 2 })],
    [
      '$[1].params.text.default must be a whole number from 1 to 2',
      params({ type: 'integer', minimum: 1, maximum: 2, default: 3 }),
    ],
    ['$[1].params.text unknown field "max"', params({ type: 'integer', minimum: 1, maximum: 2, max: 3 })],
    ['$[1].params.text.enum has to be an array of 1 to 100 different texts', params({ type: 'string', enum: ['a', 'a'] })],
    ['$[1].params.text.enum has to be an array of 1 to 100 different texts', params({ type: 'string', enum: [] })],
    ['$[1].guard has to be an object of at least one condition', guarded('slow')],
    ['$[1].guard has to be an object of at least one condition', guarded({})],
    ['$[1].guard unknown field "speed"', guarded({ speed: 5 })],
    ['$[1].guard.maxSpeedKmh has to be a whole number from 0', guarded({ maxSpeedKmh: -1 })],
    ['$[1].guard.maxSpeedKmh has to be a whole number from 0', guarded({ maxSpeedKmh: '{text}' })],
    ['$[1].guard.maxSpeedKmh has to be a whole number from 0', guarded({ maxSpeedKmh: '{unknown}' })],
    ['$[1].guard.maxSpeedKmh has to be a whole number from 0 to 1000', guarded({ maxSpeedKmh: 1001 })],
    [
      '$[1].guard.maxSpeedKmh has to be a whole number from 0 to 1000',
      {
        ...SAY,
        template: 'say',
        params: { text: { type: 'integer', minimum: 0, maximum: 1001 } },
        guard: { maxSpeedKmh: '{text}' },
      },
    ],
    ['$[1].guard unknown field "notAfter"', guarded({ notAfter: '2026-01-01T00:00:00Z' })],
    ['$[1].guard.maxRecordAgeSeconds has to be a whole number from 1', guarded({ maxRecordAgeSeconds: 0 })],
    ['$[1].guard.ignition has to be "on", "off"', guarded({ ignition: '{text}' })],
    ['$[1].action this action stands in the file twice', UNLOCK],
  ])('ends the start with its place: %s', (problem, entry) => {
    const message = refusalOf({ ...UNLOCK, replaces: [] }, entry);
    expect(message).toContain('file.json: entry 2');
    expect(message).toContain(problem);
  });

  it('is accepted when it is right', () => {
    expect(
      refusalOf(LOCK, UNLOCK, SAY, {
        ...SAY,
        action: 'again',
        guard: { maxSpeedKmh: 0, ignition: 'off', maxRecordAgeSeconds: 1 },
      }),
    ).toBe('accepted');
  });
});
