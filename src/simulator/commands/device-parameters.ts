/** Which of the two output pins are outputs, by parameter 131 (TFT100 parameter list, "DIN/DOUT configuration"). */
const OUTPUTS_BY_PIN_MODE: Readonly<Record<string, readonly [boolean, boolean]>> = {
  '5': [false, false],
  '6': [true, false],
  '9': [false, true],
  '10': [true, true],
};
const PIN_MODE = '131';

/**
 * The parameters that a server can read and write with getparam and setparam: a few of the thousands of a TFT100. Only the pin mode (131)
 * changes the behaviour of the device.
 */
export class DeviceParameters {
  private readonly values: Map<string, string>;

  constructor(host: string, port: number) {
    this.values = new Map([
      ['102', '2'],
      ['107', '0'],
      ['113', '1'],
      [PIN_MODE, '10'],
      ['1000', '30'],
      ['1001', '30'],
      ['1002', '1'],
      ['2001', 'internet'],
      ['2002', ''],
      ['2003', ''],
      ['2004', host],
      ['2005', String(port)],
      ['2006', '0'],
      ['2010', '0'],
      ['2020', '0'],
    ]);
  }

  /** @param output counted from 0. */
  isOutputEnabled(output: number): boolean {
    return OUTPUTS_BY_PIN_MODE[this.values.get(PIN_MODE)!]![output] ?? false;
  }

  /** Returns the reply to `getparam <id>[;<id>...]`. */
  read(argument: string): string {
    const ids = argument.split(';');
    if (!ids.every((id) => this.values.has(id))) {
      return 'Invalid parameter id provided';
    }
    const [first, ...others] = ids.map((id) => [id, this.values.get(id)!] as const);
    const rest = others.map(([id, value]) => `;${id}:${value}`).join('');
    return `Param ID:${first![0]} Value:${first![1]}${rest}`;
  }

  /** Returns the reply to `setparam <id>:<value>[;<id>:<value>...]`. Sets all of them or none. */
  write(argument: string): string {
    const settings = argument.split(';').map((text): [string, string] => {
      const colon = text.indexOf(':');
      return colon < 0 ? ['', ''] : [text.slice(0, colon), text.slice(colon + 1)];
    });
    if (!settings.every(([id, value]) => this.accepts(id, value))) {
      return 'WARNING: Not supported Param ID or Value detected';
    }
    for (const [id, value] of settings) {
      this.values.set(id, value);
    }
    return `New value ${argument}`;
  }

  private accepts(id: string, value: string): boolean {
    return this.values.has(id) && (id !== PIN_MODE || value in OUTPUTS_BY_PIN_MODE);
  }
}
