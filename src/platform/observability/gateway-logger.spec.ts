import { jest } from '@jest/globals';
import { GatewayLogger, type LogSettings } from './gateway-logger.js';
import { escapeBlock, escapeLine } from './log-text.js';

const HOSTILE = [
  'a line\nand another: [iot-broker] 1  - LOG [Gateway] all is well',
  'carriage\rreturn',
  '\u001b[2J\u001b[31mred',
  'C1 \u009b31m CSI',
  'bell \u0007 NUL \u0000 DEL \u007f',
  'separators \u2028 and \u2029',
  'direction \u202e gnp.exe',
];
// eslint-disable-next-line no-control-regex
const UNSAFE = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202e]/;

let written: string;

beforeEach(() => {
  written = '';
  const take = (text: string | Uint8Array): boolean => {
    written += String(text);
    return true;
  };
  jest.spyOn(process.stdout, 'write').mockImplementation(take);
  jest.spyOn(process.stderr, 'write').mockImplementation(take);
});

afterEach(() => {
  jest.restoreAllMocks();
  jest.useRealTimers();
});

function logger(settings: Partial<LogSettings> = {}, secrets: string[] = []): GatewayLogger {
  return new GatewayLogger({ LOG_LEVEL: 'log', LOG_FORMAT: 'text', LOG_LINES_PER_PEER: 1_000, ...settings }, secrets);
}

function lines(): string[] {
  return written.split('\n').slice(0, -1);
}

describe.each(['text', 'json'] as const)('a hostile text in %s', (LOG_FORMAT) => {
  it.each(HOSTILE)('stays one line as a message and as a field: %j', (text) => {
    logger({ LOG_FORMAT }).warn(`device says ${text}`, { imei: '350612345678901', text }, 'Test');
    expect(lines()).toHaveLength(1);
    expect(written).not.toMatch(UNSAFE);
  });

  it.each(HOSTILE)('in an error can not begin a line: %j', (text) => {
    logger({ LOG_FORMAT }).error(new Error(text), 'Test');
    expect(written).not.toMatch(UNSAFE);
    expect(lines().filter((line) => line.startsWith('[iot-broker]') || line.startsWith('{'))).toHaveLength(1);
    expect(
      lines()
        .slice(1)
        .every((line) => line.startsWith('    ')),
    ).toBe(true);
  });
});

describe('as JSON', () => {
  it('an event is level, time, context, message and its fields', () => {
    logger({ LOG_FORMAT: 'json' }).warn('a "quoted"\nmessage', { imei: '1', connectionId: 'c', level: 'forged' }, 'Test');
    expect(JSON.parse(written)).toEqual({
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
      context: 'Test',
      message: 'a "quoted"\nmessage',
      pid: process.pid,
      imei: '1',
      connectionId: 'c',
    });
  });

  it('an error keeps its stack, its code and its cause', () => {
    const error = Object.assign(new Error('outer', { cause: new Error('inner') }), { code: 'E1' });
    logger({ LOG_FORMAT: 'json' }).error(error, 'Test');
    expect(JSON.parse(written)).toMatchObject({
      level: 'error',
      message: 'outer',
      error: { code: 'E1', cause: { message: 'inner' }, stack: expect.stringContaining('outer') as string },
    });
  });

  it.each(HOSTILE)('what was escaped is read back as it was: %j', (text) => {
    logger({ LOG_FORMAT: 'json' }).log(text, 'Test');
    expect((JSON.parse(written) as { message: string }).message).toBe(text);
  });
});

describe.each(['text', 'json'] as const)('secrets in %s', (LOG_FORMAT) => {
  it('are taken out of messages, fields, errors and stacks', () => {
    const secret = 'pass"word\\1';
    const log = logger({ LOG_FORMAT }, [secret]);
    log.log(`connects to postgres://user:${secret}@host`, 'Test');
    log.warn('has a field', { url: `x ${secret} y` }, 'Test');
    log.error(new Error(`refused ${secret}`), 'Test');
    log.error('with a stack', `Error: ${secret}\n    at file.js:1:1`, 'Test');
    expect(written).not.toContain(secret);
    expect(written).not.toContain(JSON.stringify(secret).slice(1, -1));
    expect(written.match(/\[secret\]/g)?.length).toBeGreaterThanOrEqual(4);
  });
});

describe('lines about one peer', () => {
  it('are limited, and the number of omitted lines is logged when the minute is over', () => {
    jest.useFakeTimers();
    const log = logger({ LOG_LINES_PER_PEER: 2, LOG_FORMAT: 'json' });
    for (let index = 0; index < 10; index++) {
      log.warn(`complaint ${index}`, { remoteAddress: '192.0.2.1' }, 'Test');
    }
    log.warn('about another', { remoteAddress: '192.0.2.2' }, 'Test');
    log.warn('without a peer', 'Test');
    expect(lines()).toHaveLength(4);
    expect(log.linesLeftOut).toBe(8);
    jest.advanceTimersByTime(70_000);
    const [written, ...more] = lines().slice(4);
    expect(more).toEqual([]);
    expect(JSON.parse(written ?? '')).toMatchObject({
      message: '8 more lines about 192.0.2.1 left out within a minute',
      leftOut: 8,
    });
    expect(jest.getTimerCount()).toBe(0);
  });

  it('limits for all senders together what a listener says at which addresses are free to invent', () => {
    const log = logger({ LOG_LINES_PER_PEER: 2, LOG_FORMAT: 'json' });
    for (let index = 0; index < 10; index++) {
      log.warn('complaint', { remoteAddress: `192.0.2.${index}`, listener: 'UDP' }, 'Test');
    }
    log.warn('of a connection from there', { remoteAddress: '192.0.2.9' }, 'Test');
    expect(lines()).toHaveLength(3);
    expect(lines()[0]).toContain('"remoteAddress":"192.0.2.0"');
    expect(log.linesLeftOut).toBe(8);
  });

  it('that do not name a peer are never limited', () => {
    const log = logger({ LOG_LINES_PER_PEER: 1 });
    log.log('one', { imei: '1' }, 'Test');
    log.log('two', { imei: '1' }, 'Test');
    expect(lines()).toHaveLength(2);
  });
});

describe('escaping', () => {
  it('leaves ordinary text alone, also beyond ASCII', () => {
    expect(escapeLine('Grüße, 東京 – 🚚 "x" \\n')).toBe('Grüße, 東京 – 🚚 "x" \\n');
    expect(escapeBlock('one\ntwo')).toBe('one\n    two');
  });
});

describe('a line of the text format', () => {
  it('begins with the time in ISO 8601, with milliseconds and zone', () => {
    jest.useFakeTimers({ now: new Date('2026-02-03T04:05:06.007Z') });
    logger().log('ready', 'Test');
    expect(lines()).toEqual([`[iot-broker] ${process.pid}  - 2026-02-03T04:05:06.007Z     LOG [Test] ready`]);
  });
});

describe('the error that ends a start', () => {
  it('is left to the program, although Nest logs it too', () => {
    logger().error(new Error('no database'), 'ExceptionHandler');
    expect(lines()).toEqual([]);
  });
});
