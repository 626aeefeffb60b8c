import { CommandCatalogue } from '../catalogue/command-catalogue.js';
import { requestedCommand } from './requested-command.js';

const catalogue = CommandCatalogue.withOperatorEntries(
  JSON.stringify([
    { action: 'unlock', template: 'setdigout 0?', replaces: ['output1-on'], urgent: true, guard: { ignition: 'off' } },
    { action: 'say', template: 'say {text}', params: { text: { type: 'string', pattern: '.*' } } },
  ]),
  'file.json',
);
const requested = (request: Parameters<typeof requestedCommand>[0]): unknown => {
  try {
    return requestedCommand(request, catalogue);
  } catch (error) {
    return (error as { code?: string }).code;
  }
};

describe('a requested command', () => {
  it('is the text of the request', () => {
    const plain = { command: 'getinfo', action: null, actionParams: null, replaces: [], guard: null };
    expect(requested({ command: 'getinfo' })).toEqual({ ...plain, urgent: false });
    expect(requested({ command: 'getinfo', urgent: true })).toEqual({ ...plain, urgent: true });
  });

  it('is the text of the action, with what the action says', () => {
    expect(requested({ action: 'unlock' })).toEqual({
      command: 'setdigout 0?',
      action: 'unlock',
      actionParams: '{}',
      replaces: ['output1-on'],
      urgent: true,
      guard: { ignition: 'off' },
    });
  });

  it('is urgent as the request says, and otherwise as the action says', () => {
    const urgent = [true, false, undefined].map((given) =>
      requested({ action: 'unlock', ...(given === undefined ? {} : { urgent: given }) }),
    );
    expect(urgent).toMatchObject([{ urgent: true }, { urgent: false }, { urgent: true }]);
  });

  it('is refused when its text can not be sent', () => {
    expect(requested({ action: 'say', params: { text: 'x'.repeat(156) } })).toMatchObject({ command: `say ${'x'.repeat(156)}` });
    expect(requested({ action: 'say', params: { text: 'x'.repeat(157) } })).toBe('INVALID_INPUT');
    expect(requested({ action: 'say', params: { text: 'é' } })).toBe('INVALID_INPUT');
  });

  it('is refused when it is not one of both, or not known', () => {
    expect(requested({})).toBe('INVALID_INPUT');
    expect(requested({ command: 'getinfo', action: 'unlock' })).toBe('INVALID_INPUT');
    expect(requested({ command: 'getinfo', params: {} })).toBe('INVALID_INPUT');
    expect(requested({ action: 'lock' })).toBe('UNKNOWN_ACTION');
    expect(requested({ action: 'say' })).toBe('INVALID_PARAMS');
  });
});
