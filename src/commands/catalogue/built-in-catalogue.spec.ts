import { BUILT_IN_CATALOGUE } from './built-in-catalogue.js';
import { CommandCatalogue, RAW_SHAPE, type ReplyVerdict } from './command-catalogue.js';
import { REPLIES_BY_PLATFORM } from '../../../test/fixtures/replies-by-platform.js';

const catalogue = new CommandCatalogue(BUILT_IN_CATALOGUE);

/** Each printed reply, with a command it is an answer to where the bare word is not enough. */
const PRINTED: Readonly<Record<string, readonly [command: string, reply: string, verdict: ReplyVerdict][]>> = {
  getio: [['getio', 'No IO available for this HW', 'rejected']],
  readio: [
    ['readio 239', 'Param ID:239 Value:0', 'completed'],
    ['readio 3', 'Param ID:3 Value:0', 'completed'],
    ['readio 3', 'I/O ID:3 Value:0', 'completed'],
    ['readio 3', 'Not supported or not enabled IO element requested', 'rejected'],
  ],
  readavl: [
    ['readavl 1', 'IO[1]: 0', 'completed'],
    ['readavl 1', 'Not supported AVL ID', 'rejected'],
    ['readavl 1', 'IO element was never updated', 'rejected'],
    ['readavl 1', 'Disabled IO element requested', 'rejected'],
  ],
  setdigout: [
    ['setdigout 1?', 'DOUT1:1 Timeout:INFINITY DOUT2:IGNORED', 'completed'],
    ['setdigout 0?', 'DOUT1:0 Timeout:INFINITY DOUT2:IGNORED', 'completed'],
    ['setdigout 1 10', 'DOUT1:1 Timeout:10s', 'completed'],
    ['setdigout 1?', 'DOUT1:Already set to 1 DOUT2:IGNORED', 'completed'],
    ['setdigout ?0', 'DOUT2:0 Timeout:INFINITY', 'completed'],
    ['setdigout 10 ? 20', 'DOUT1:ON Timeout:INFINITY DOUT2:OFF Timeout:20s', 'completed'],
    ['setdigout 1 10 1', 'DOUT1:ON Timeout:10s Speed threshold:1km/h Speed is above threshold, queued', 'postponed'],
    ['setdigout ?', 'DOUT1:IGNORED', 'completed'],
    [
      'setdigout 0010 0 0 5 0',
      'DOUTS are set to:0010 TMOs are: 0 0 5 0. Out1 Scenario: Enabled Out2 Scenario: Disabled',
      'completed',
    ],
    ['setdigout 1', 'DOUT is disabled from CFG', 'rejected'],
    ['setdigout 1', 'DOUT1 Is disabled from CFG', 'rejected'],
    ['setdigout 1', 'Bad syntax', 'rejected'],
    ['setdigout', 'Arguments required', 'rejected'],
    ['setdigout 1', 'DOUT1 params are invalid', 'rejected'],
    ['setdigout 1', 'DOUT1 ERROR', 'rejected'],
    ['setdigout 1', 'DOUT1 state already set to: 1', 'rejected'],
  ],
  setigndigout: [
    ['setigndigout 1', 'DOUT1:1 Timeout:INFINITY', 'completed'],
    ['setigndigout 1 15', 'DOUT1:1 Timeout:15s IGN ON, QUEUED', 'postponed'],
    ['setigndigout 1 10', 'DOUT1:ON Timeout:10s IGN ON, QUEUED', 'postponed'],
    ['setigndigout ?', 'DOUT1:IGNORED', 'completed'],
    ['setigndigout 1', 'DOUT1 Is disabled from CFG', 'rejected'],
    ['setigndigout 1', 'DOUT is disabled from CFG', 'rejected'],
  ],
  pulsedigout: [['pulsedigout 1 500 500 3', 'Bad syntax', 'rejected']],
  getparam: [
    ['getparam 2001', 'Param ID:2001 Value:wap', 'completed'],
    ['getparam 13000', 'Param ID:13000 Value:fm.teltonika.lt', 'completed'],
    ['getparam 13000;1000', 'Param ID:13000 Value:fm.teltonika.lt;1000:300', 'completed'],
    ['getparam 2004', 'Param ID:2004 Value:', 'completed'],
    ['getparam 99999', 'Invalid parameter id provided', 'rejected'],
    ['getparam 99999', 'Param ID:99999 doesn’t exist', 'rejected'],
    ['getparam 2027', "Param ID:2027 doesn't exist", 'rejected'],
  ],
  setparam: [
    ['setparam 2001:wap', 'New value 2001:wap', 'completed'],
    ['setparam 2001:wap;2002:user;2003:pass', 'New value 2001:wap;2002:user;2003:pass', 'completed'],
    ['setparam 2001:wap2', 'Param ID:2001 Value:wap2', 'completed'],
    ['setparam 2001:wap', 'WARNING: Not supported Param ID or Value detected', 'rejected'],
    ['setparam 2001:wap', 'Error while configuring parameters', 'rejected'],
    [
      'setparam 30000:80e332fef34f0226;30001:3a2824f3a678528b',
      'New value 30000:80E332FEF34F0226;30001:3A2824F3A678528B;',
      'completed',
    ],
    ['setparam 2027:1', "Param ID:2027 doesn't exist", 'rejected'],
  ],
  cpureset: [
    ['cpureset', 'Cannot execute cpureset: No External Power', 'rejected'],
    ['cpureset', 'Error: could not reset the software (1)', 'rejected'],
  ],
  deleterecords: [['deleterecords', 'Failed to erase records', 'rejected']],
  scandtc: [
    ['scandtc 11', 'Failed to get DTCs.', 'rejected'],
    ['scandtc x', 'Invalid argument: not a number.', 'rejected'],
  ],
  odoset: [['odoset:5000', 'Saved Odometer Value: 5000 km', 'completed']],
};

const EVERY_PRINTED = BUILT_IN_CATALOGUE.flatMap(({ command, examples }) =>
  examples.map(
    (example) => PRINTED[command]?.find(([, reply]) => reply === example) ?? ([command, example, 'completed'] as const),
  ),
);

/** Of a raw command any words are the answer, in whatever case. */
const KNOWN = EVERY_PRINTED.filter(([command]) => catalogue.kindOf(command) !== 'raw');

/** Whatever a command could ask for that this reply might be an answer to. */
function askingFor(command: string, reply: string): string[] {
  const ids = reply.match(/\d+/g) ?? [];
  const states = ['0', '1', '?', '00', '01', '10', '11', '?0', '?1', '0?', '1?', '??', '0010'];
  return [command, ...ids.map((id) => `${command} ${id}`), ...states.map((state) => `${command} ${state}`)];
}

describe('the built-in catalogue', () => {
  it.each(EVERY_PRINTED)('judges as printed: %s, %s, %s', (command, reply, verdict) => {
    expect(catalogue.judge(command, reply)).toBe(verdict);
    expect(catalogue.judge(command, `\r\n${reply} \r\n\0`)).toBe(verdict);
  });

  it.each(REPLIES_BY_PLATFORM)('judges as the platform prints it: $command, $platform, $text', ({ command, text, outcome }) => {
    const verdict = outcome === 'queued' ? 'postponed' : outcome;
    expect(catalogue.judge(command, text)).toBe(verdict);
    expect(catalogue.judge(command, `${text}\r\n\0`)).toBe(verdict);
  });

  it.each(KNOWN)('ignores case and blanks after a colon: %s, %s', (command, reply, verdict) => {
    expect(catalogue.judge(command, reply.toLowerCase())).toBe(verdict);
    expect(catalogue.judge(command, reply.toUpperCase())).toBe(verdict);
    expect(catalogue.judge(command, reply.replaceAll(/:(?=[^\s/])/g, ': '))).toBe(verdict);
  });

  it.each([
    ['getinfo', 'SAT:0 GPS:2 UpTime:4744s NOGPS: 1:18 RTC: 2017/6/16 7:13'],
    ['getinfo', 'Rtc: N/A Gnss: N/A Sat: N/A'],
    ['getgps', 'GPS:1 Sat:7 Lat:-54.71473 Long:-25.30304 Alt:-3 Speed:0 Dir:77 Date: 2007/8/24 Time: 13:4:36'],
    ['getgps', 'GPS:1 Sat:7 Lat:54.71473 Long:25.30304 Alt:-3.25 Speed:0.5 Dir:77 Date: 2007/8/24 Time: 13:4:36'],
    ['getgps', 'GPS:0 Sat:N/A Lat:N/A Long:N/A Alt:N/A Speed:N/A Dir:N/A Date:N/A Time:N/A'],
    ['getgps', 'GPS Data not Available. No GPS signal'],
    ['ggps', 'GPS:1 Sat:10 LAT:9.9839 LON:9.9839 ALT:9.9839 Speed:10 Dir:10 Date:2023-04-03 Time:12:32:06'],
    ['ggps', 'D: 2023-04-03 T: 12:32:06 S: 0.5 C: -54.666042, -25.225032 Url: http://maps.google.com/?q=-54.666042,-25.225032'],
    ['getver', 'Code Ver: 01.06.14 Rev: 00 Device IMEI: 350612000000008 Device ID: 000001'],
    ['getstatus', 'Data Link: 1 GPRS: 1 Phone: 0 SIM: 0 OP: N/A Signal: N/A LAC: N/A Cell ID: N/A NetType: N/A'],
    ['getio', 'DI1:0 DI2:0 AIN1:N/A DO1:1'],
    ['getimeiccid', 'IMEI:350612000000008,CCID:N/A'],
  ])('accepts other values and orders: %s, %s', (command, reply) => {
    expect(catalogue.judge(command, reply)).toBe('completed');
  });

  it('has a printed reply for every command that has patterns', () => {
    const silentAbout = BUILT_IN_CATALOGUE.filter(({ examples }) => examples.length === 0);
    expect(silentAbout.filter(({ success, failure, queued }) => (success ?? failure ?? queued) !== null)).toEqual([]);
    expect(new Set(BUILT_IN_CATALOGUE.map(({ command }) => command)).size).toBe(41);
  });

  it('is shared by the two commands that ask for the position', () => {
    expect(catalogue.shapeOf('getgps')).toBe(catalogue.shapeOf('ggps'));
  });

  it('never takes the reply of one shape for that of another, but for the words that two share', () => {
    const taken = new Set<string>();
    for (const [command, reply] of EVERY_PRINTED) {
      const shape = catalogue.find(command)!.replyShape;
      const others = BUILT_IN_CATALOGUE.filter(({ replyShape, command: other }) =>
        shape === RAW_SHAPE ? other !== command.split(' ')[0] : replyShape !== shape,
      );
      for (const other of others) {
        for (const text of askingFor(other.command, reply)) {
          const verdict = catalogue.judge(text, reply);
          if (verdict !== 'unrelated' && catalogue.weigh(text, reply).isOwn) {
            taken.add(`${other.command} takes "${reply}" of ${command}`);
          }
        }
      }
    }
    expect([...taken].sort()).toEqual([
      'pulsedigout takes "Bad syntax" of setdigout 1',
      'setdigout takes "Bad syntax" of pulsedigout 1 500 500 3',
      'setigndigout takes "Bad syntax" of pulsedigout 1 500 500 3',
    ]);
  });

  it('calls raw what has no known reply, and shares a shape where replies look alike', () => {
    const shapes = [
      'readio 21',
      'getparam 1',
      'setparam 1:2',
      'setdigout 1',
      'setigndigout 1',
      'getinfo',
      'getimsi',
      'pulsedigout 1',
    ];
    expect(shapes.map((text) => catalogue.shapeOf(text))).toEqual([
      ...['param', 'param', 'param', 'digout', 'digout', 'getinfo', RAW_SHAPE, RAW_SHAPE],
    ]);
  });

  it('writes once only what is silent', () => {
    const silent = BUILT_IN_CATALOGUE.filter(({ command }) => catalogue.isSilent(command)).map(({ command }) => command);
    expect(silent).toEqual(['cpureset', 'deleterecords', 'getrecord']);
  });
});

describe('a hostile reply', () => {
  const SMALL = 1024;
  const LARGE = 16 * SMALL;

  /** The quickest of a few runs: the others were interrupted. */
  /** CPU of this process, in which waiting for a core does not count. */
  function judgeTimeMs(command: string, reply: string): number {
    const times = Array.from({ length: 5 }, () => {
      const start = process.cpuUsage();
      catalogue.judge(command, reply);
      const { user, system } = process.cpuUsage(start);
      return (user + system) / 1_000;
    });
    return Math.min(...times);
  }

  /** Begins like a good reply and then repeats one piece of it, so that a pattern goes as far as it can before it fails. */
  function hostileReplies(example: string, size: number): string[] {
    const words = example.split(' ');
    return words.flatMap((word, index) => {
      const start = words.slice(0, index).join(' ');
      const key = word.replace(/[^:]*$/, '');
      return [` ${word}`, ' ', '1', key, `${key}1 `, `${word.replace(/:.*/, '')} `]
        .filter((piece) => piece !== '')
        .map((piece) => `${start} ${key}${piece.repeat(Math.ceil(size / piece.length))}\u0001!`);
    });
  }

  it.each(EVERY_PRINTED)('takes no longer than its length: %s, %s', (command, example) => {
    const large = hostileReplies(example, LARGE);
    hostileReplies(example, SMALL).forEach((reply, index) => {
      const smallMs = judgeTimeMs(command, reply);
      // Sixteen times the length is 16 times the time for a good pattern, 256 times for a quadratic one. Short times are noise.
      expect(smallMs).toBeLessThan(20);
      expect(judgeTimeMs(command, large[index]!)).toBeLessThan(Math.max(5, 64 * smallMs));
    });
  });
});
