import { commandTextProblem } from './create-command.dto.js';

describe('the text of a command', () => {
  it.each(['x', 'x'.repeat(160), ' getinfo', 'setparam 2001:~}|', 'a b'])('can be sent: %s', (text) => {
    expect(commandTextProblem(text)).toBeNull();
  });

  it.each([
    ['', 'the command is empty'],
    ['   ', 'the command is blank'],
    ['x'.repeat(161), 'the command has 161 characters; a device takes 160 at most'],
    ['getinfo\r\n', 'character 8 of the command is U+000D; only printable ASCII (0x20 to 0x7e) can be sent'],
    ['\u0000getinfo', 'character 1 of the command is U+0000'],
    ['a\u007f', 'character 2 of the command is U+007F'],
    ['setparam 2001:ä', 'character 15 of the command is U+00E4'],
    ['a😀', 'character 2 of the command is U+1F600'],
  ])('can not be sent: %j', (text, reason) => {
    expect(commandTextProblem(text)).toContain(reason);
  });

  it('is not repeated in the reason', () => {
    for (let code = 0; code < 0x20; code++) {
      expect(commandTextProblem(`x${String.fromCharCode(code)}`)).toMatch(/^[\x20-\x7e]+$/);
    }
  });
});
