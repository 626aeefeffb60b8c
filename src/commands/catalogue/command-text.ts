/** Teltonika, "SMS/GPRS commands": the most one command may have. */
const MAX_COMMAND_CHARACTERS = 160;
const FIRST_PRINTABLE = 0x20;
const LAST_PRINTABLE = 0x7e;

/**
 * Why this can't be sent to a device, or null when it can. The reason never repeats a character that is at fault: it goes into
 * answers and logs.
 */
export function commandTextProblem(text: string): string | null {
  if (text === '') {
    return 'the command is empty';
  }
  if (text.length > MAX_COMMAND_CHARACTERS) {
    return `the command has ${text.length} characters; a device takes ${MAX_COMMAND_CHARACTERS} at most`;
  }
  for (let i = 0; i < text.length; i++) {
    const code = text.codePointAt(i)!;
    if (code < FIRST_PRINTABLE || code > LAST_PRINTABLE) {
      const name = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
      return `character ${i + 1} of the command is ${name}; only printable ASCII (0x20 to 0x7e) can be sent`;
    }
  }
  return text.trim() === '' ? 'the command is blank' : null;
}
