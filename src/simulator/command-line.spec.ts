import { CODEC_16, CODEC_8_EXTENDED } from '../protocol/codec-ids.js';
import { parseCommandLine, UsageError } from './command-line.js';
import { FAULT_NAMES } from './fault-plan.js';
import { faultOption, FLAG_OPTIONS, helpText, NUMBER_OPTIONS, TEXT_OPTIONS } from './option-table.js';

describe('the command line', () => {
  it('has a default for every option', () => {
    const invocation = parseCommandLine([])!;
    expect(invocation).toMatchObject({ durationMs: 0, drainMs: 5000, quiet: false, ledgerPath: null });
    expect(invocation.fleet).toMatchObject({
      host: '127.0.0.1',
      port: 9000,
      udp: false,
      devices: 50,
      intervalMs: 5000,
      recordsPerFrame: 3,
      seed: 1,
      codec: CODEC_8_EXTENDED,
      ackTimeoutMs: 30_000,
      newestFirst: false,
      unknownReply: null,
    });
    expect(Object.values(invocation.fleet.faults!)).toEqual(FAULT_NAMES.map(() => 0));
    expect('startTimeMs' in invocation.fleet).toBe(false);
  });

  it('reads the given options', () => {
    const args = '--devices 7 --interval 0.5 --codec 16 --lose-ack 0.25 --newest-first --start-time 2026-01-01T00:00:00Z --quiet';
    const invocation = parseCommandLine(args.split(' '))!;
    expect(invocation.quiet).toBe(true);
    expect(invocation.fleet).toMatchObject({ devices: 7, intervalMs: 500, codec: CODEC_16, newestFirst: true });
    expect(invocation.fleet.startTimeMs).toBe(Date.UTC(2026, 0, 1));
    expect(invocation.fleet.faults).toMatchObject({ loseAck: 0.25, duplicate: 0 });
  });

  it('reads --centre', () => {
    const { centre } = parseCommandLine(['--centre=-33.45,-70.67'])!.fleet;
    expect(centre).toEqual({ latitude: -33.45, longitude: -70.67 });
  });

  it('reads --udp', () => {
    expect(parseCommandLine(['--udp', '--lose-ack', '0.1'])!.fleet).toMatchObject({ udp: true, faults: { loseAck: 0.1 } });
  });

  it.each([
    [['--devcies', '5'], /--devcies/],
    [['--devices'], /--devices.*missing/],
    [['--devices', 'many'], /--devices must be a whole number from 1 to 100000, got "many"/],
    [['--devices', '1.5'], /--devices must be a whole number/],
    [['--port', '0'], /--port must be/],
    [['--interval', ''], /--interval must be a number/],
    [['--interval', '0.001'], /--interval must be 0 or at least/],
    [['--lose-ack', '2'], /--lose-ack must be a number from 0 to 1/],
    [['--codec', '9'], /--codec must be 8e, 8 or 16/],
    [['--centre', '52.52'], /--centre must be a latitude and a longitude/],
    [['--centre', '91,0'], /--centre must be a latitude and a longitude/],
    [['--centre', '1,2,3'], /--centre must be a latitude and a longitude/],
    [['--imei-base', '12'], /--imei-base must be 15 digits/],
    [['--start-time', 'yesterday'], /--start-time must be a date/],
    [['--udp', '--bad-crc', '0.1'], /--bad-crc cannot be used with --udp/],
    [['now'], /'now'/],
  ])('rejects %j and says why', (args, reason) => {
    expect(() => parseCommandLine(args)).toThrow(UsageError);
    expect(() => parseCommandLine(args)).toThrow(reason);
  });

  it('lists every option with its default in the help', () => {
    expect(parseCommandLine(['--help'])).toBeNull();
    const help = helpText();
    const names = [...Object.keys(NUMBER_OPTIONS), ...Object.keys(TEXT_OPTIONS), ...Object.keys(FLAG_OPTIONS)];
    for (const name of [...names, ...FAULT_NAMES.map(faultOption)]) {
      expect(help).toContain(`--${name} `);
    }
    for (const [name, option] of Object.entries(NUMBER_OPTIONS)) {
      expect(help).toMatch(new RegExp(`--${name} <n> .*\\(default: ${option.default}\\)`));
    }
  });
});
