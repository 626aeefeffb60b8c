/** The reply after the command was executed, in Teltonika's formats; null for a restart, which sends none. */
export function answer(text: string, serial: number): string | null {
  const [name, argument = ''] = text.split(' ');
  switch (name) {
    case 'setdigout':
      return `DOUT1:${argument[0]} Timeout:${serial}s DOUT2:IGNORED`;
    case 'readio':
      return `Param ID:${argument} Value:${serial}`;
    case 'getinfo':
      return `RTC:2026/1/17 7:53 Init:2026/1/17 5:44 UpTime:${serial}s PWR:PwrVoltage RST:0 GPS:2 SAT:7`;
    case 'cpureset':
      return null;
    case 'alarm':
      return `Alarm ${argument}ed ${serial}`;
    default:
      return `done ${serial}`;
  }
}

export function postponement(text: string, serial: number): string {
  const level = text.split(' ')[1]?.startsWith('1') ? 'ON' : 'OFF';
  return `DOUT1:${level} Timeout:${serial}s Speed threshold:1km/h Speed is above threshold, queued`;
}

/** The state in which the command leaves output 1; null for other commands. */
export function outputSetBy(text: string): boolean | null {
  const [name, states] = text.split(' ');
  return name === 'setdigout' ? states?.startsWith('1') === true : null;
}

/** The reply that rejects the command; null for commands that the device never rejects. */
export function refusal(text: string, serial: number): string | null {
  switch (text.split(' ')[0]) {
    case 'setdigout':
      return `DOUT is disabled from CFG ${serial}`;
    case 'readio':
      return `Not supported or not enabled IO element requested ${serial}`;
    case 'alarm':
      return `Alarm broken ${serial}`;
    case 'cpureset':
      return `Error: could not reset the software (${serial})`;
    default:
      return null;
  }
}

/** What a command sets: two commands with a common target contradict each other, by their output or by the actions that they were made of. */
export function targetsOf(text: string): readonly string[] {
  if (text.startsWith('alarm')) {
    return ['alarm'];
  }
  return text.startsWith('setdigout') ? ['output 1'] : [];
}

/** Commands with the same result get replies that cannot be distinguished. */
export function meaningOf(text: string): string {
  const [name, argument = ''] = text.split(' ');
  switch (name) {
    case 'setdigout':
      return `output ${argument[0]}`;
    case 'readio':
      return `element ${argument}`;
    case 'alarm':
      return `alarm ${argument}`;
    case 'getinfo':
    case 'cpureset':
      return name;
    default:
      return 'raw';
  }
}
