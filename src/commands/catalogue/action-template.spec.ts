import { ActionTemplate, TemplateError } from './action-template.js';

const render = (template: string, values: Readonly<Record<string, string | number>> = {}): string =>
  new ActionTemplate(template).render(values);

describe('the template of an action', () => {
  it.each([
    ['getinfo', {}, 'getinfo'],
    ['setparam {id}:{value}', { id: 2001, value: 'wap' }, 'setparam 2001:wap'],
    ['say {a} {a}', { a: 0 }, 'say 0 0'],
    ['say {a|?}', {}, 'say ?'],
    ['say {a|?}', { a: 'x' }, 'say x'],
    ['say {a|}!', {}, 'say !'],
    ['say[ {a}]', {}, 'say'],
    ['say[ {a}]', { a: 1 }, 'say 1'],
    ['say[ {a} {b}]', { a: 1 }, 'say'],
    ['say[ {a|?} {b}]', { b: 2 }, 'say ? 2'],
    ['say[ {a|?}[ {b}]]', {}, 'say'],
    ['say[ {a|?}[ {b}]]', { a: 1 }, 'say 1'],
    ['say[ {a|?}[ {b}]]', { b: 2 }, 'say ? 2'],
    ['say[ {a}[ {b}]]', { b: 2 }, 'say'],
    ['say \\{{a}\\} \\[x\\] \\\\', { a: 1 }, 'say {1} [x] \\'],
    ['say {a}', { a: '{b}[$&' }, 'say {b}[$&'],
  ])('%s with %j is %s', (template, values, text) => {
    expect(render(template, values)).toBe(text);
  });

  it.each([
    ['say {a', 'has a single "{"'],
    ['say a}', 'has a single "}"'],
    [String.raw`say \n`, 'has a backslash before something other than'],
    ['say \\', 'has a backslash before something other than'],
    ['say {}', 'has "{}", which is not the name of a parameter'],
    ['say {1a}', 'has "{1a}"'],
    ['say [{a}', 'has a "[" without its "]"'],
    ['say {a}]', 'has a "]" without its "["'],
    ['say [now]', 'has an optional part without a parameter'],
    ['säy', 'has a character at 2 that is not printable ASCII'],
    ['say\n', 'has a character at 4 that is not printable ASCII'],
  ])('is refused when it is wrong: %j', (template, problem) => {
    expect(() => new ActionTemplate(template)).toThrow(TemplateError);
    expect(() => new ActionTemplate(template)).toThrow(problem);
  });

  it('knows its parameters, and those that a text needs', () => {
    const template = new ActionTemplate('say {a} {b|?}[ {c} {a}]');
    expect(template.names).toEqual(['a', 'b', 'c']);
    expect(template.required).toEqual(['a']);
  });

  it.each([
    ['say', 'say'],
    ['say {a}', 'say'],
    ['say[ {a}]', 'say'],
    ['odoset:{a}', 'odoset'],
    ['say{a}', null],
    ['say[{a}]', null],
    ['{a} say', null],
    ['[{a} ]say', null],
    [' say', null],
    ['', null],
  ])('%j begins with the word %j', (template, word) => {
    expect(new ActionTemplate(template).firstWord).toBe(word);
  });

  it('has a pattern that its texts match, and others do not', () => {
    const template = new ActionTemplate('say (.*) {a|?}[ {b}]');
    const pattern = new RegExp(template.toPattern(() => String.raw`\d+`));
    expect(['say (.*) 1', 'say (.*) ?', 'say (.*) 1 2'].filter((text) => !pattern.test(text))).toEqual([]);
    expect(['say x 1', 'say (.*) x', 'say (.*) 1 2 3', 'say (.*)', ' say (.*) 1'].filter((text) => pattern.test(text))).toEqual(
      [],
    );
  });
});
