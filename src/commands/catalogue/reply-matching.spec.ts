import { BUILT_IN_CATALOGUE } from './built-in-catalogue.js';
import { CommandCatalogue } from './command-catalogue.js';
import { matchNack, matchReply, type ReplyCandidate } from './reply-matching.js';

const catalogue = new CommandCatalogue(BUILT_IN_CATALOGUE);
const LEVEL_21 = 'Param ID:21 Value:4';
const FIX = 'GPS:1 Sat:7 Lat:54.71473 Long:25.30304 Alt:147 Speed:0 Dir:77 Date: 2007/8/24 Time: 13:4:36';
const LINES = 'DI1:0 AIN1:0 DO1:0';

let number = 0;

function inFlight(command: string, codec: 12 | 14 = 12): ReplyCandidate {
  return { commandLogId: `${++number}`, command, codec, standing: 'in-flight', mayStillBeAnswered: true };
}

const late = (command: string): ReplyCandidate => ({ ...inFlight(command), standing: 'late' });

const postponed = (command: string): ReplyCandidate => ({ ...inFlight(command), standing: 'postponed' });

const waiting = (command: string, codec: 12 | 14 = 12): ReplyCandidate => ({ ...inFlight(command, codec), standing: 'waiting' });

/** Its answer is overdue by so much that none is expected any more. */
const overdue = (candidate: ReplyCandidate): ReplyCandidate => ({ ...candidate, mayStillBeAnswered: false });

interface Circumstances {
  readonly codec?: 12 | 14;
  readonly validate?: boolean;
  readonly forwardsSerial?: boolean;
}

function match(candidates: readonly ReplyCandidate[], text: string, circumstances: Circumstances = {}) {
  const { codec = 12, validate = true, forwardsSerial = false } = circumstances;
  return matchReply(candidates, { text, codec }, catalogue, { validate, forwardsSerial });
}

describe('a reply to commands in flight', () => {
  it('finds its command in whatever order the device answers', () => {
    const [gps, io, level] = [inFlight('getgps'), inFlight('getio'), inFlight('readio 21')];
    const expected = new Map([
      [FIX, gps],
      [LINES, io],
      [LEVEL_21, level],
    ]);
    for (const candidates of permutations([gps, io, level])) {
      for (const [text, candidate] of expected) {
        expect(match(candidates, text)).toEqual({ candidate, verdict: 'completed' });
      }
    }
  });

  it('goes to the oldest of two that accept it', () => {
    const [older, newer] = [inFlight('getgps'), inFlight('getgps')];
    expect(match([older, newer], FIX)?.candidate).toBe(older);
  });

  it('goes to the command that the catalogue knows, though a raw one is older', () => {
    const [raw, known] = [inFlight('frobnicate'), inFlight('getgps')];
    expect(match([raw, known], FIX)?.candidate).toBe(known);
    expect(match([raw, known], 'frobnicated')?.candidate).toBe(raw);
  });

  it('belongs to no command when it names another id or another state, or nothing is in flight', () => {
    expect(match([inFlight('readio 22')], LEVEL_21)).toBeNull();
    expect(match([inFlight('setparam 2004:b')], 'New value 2004:a;')).toBeNull();
    expect(match([inFlight('setdigout 1')], 'DOUT1:0 Timeout:INFINITY')).toBeNull();
    expect(match([], LEVEL_21)).toBeNull();
  });

  it('says when the device refused or put it off', () => {
    const command = inFlight('setdigout 1 10 1');
    expect(match([command], 'Bad syntax')).toEqual({ candidate: command, verdict: 'rejected' });
    expect(match([command], 'DOUT1:1 Timeout:10s Speed threshold:1km/h Speed is above threshold, queued')).toEqual({
      candidate: command,
      verdict: 'postponed',
    });
  });

  it('rejects a command by a refusal that names nothing only when no other can have got it', () => {
    const [pulse, digout] = [inFlight('pulsedigout 1'), inFlight('setdigout 1')];
    expect(match([pulse], 'Bad syntax')).toEqual({ candidate: pulse, verdict: 'rejected' });
    expect(match([pulse, digout], 'Bad syntax')).toBeNull();
    expect(match([pulse, waiting('setdigout 1')], 'Bad syntax')).toBeNull();
    expect(match([pulse, overdue(waiting('setdigout 1'))], 'Bad syntax')?.candidate).toBe(pulse);
    expect(match([pulse, postponed('setdigout 1')], 'Bad syntax')?.candidate).toBe(pulse);
    expect(match([pulse, digout], 'DOUT1:1')).toEqual({ candidate: digout, verdict: 'completed' });
  });

  it.each(['getinfo', 'setdigout 1', 'cpureset', 'frobnicate', 'getops'])('rejects an unknown command: %s', (text) => {
    const command = inFlight(text);
    for (const words of ['Unknown command or invalid format!', 'unknown command or invalid format!\r\n\0']) {
      expect(match([command], words)).toEqual({ candidate: command, verdict: 'rejected' });
      expect(match([command, inFlight('getver')], words)).toBeNull();
    }
  });

  it('does not complete a restart', () => {
    const reset = inFlight('cpureset');
    expect(match([reset], 'hello from the serial port')).toBeNull();
    expect(match([reset, inFlight('frobnicate')], 'hello')?.candidate.command).toBe('frobnicate');
    expect(match([reset], 'Cannot execute cpureset: No External Power')?.verdict).toBe('rejected');
  });

  it('comes in the codec of its command', () => {
    const [twelve, fourteen] = [inFlight('getgps', 12), inFlight('getgps', 14)];
    expect(match([fourteen, twelve], FIX)?.candidate).toBe(twelve);
    expect(match([twelve, fourteen], FIX, { codec: 14 })?.candidate).toBe(fourteen);
    expect(match([inFlight('frobnicate', 14)], 'serial data')).toBeNull();
  });
});

describe('a reply to a late command', () => {
  it('still completes it', () => {
    const command = late('readio 21');
    expect(match([command], LEVEL_21)).toEqual({ candidate: command, verdict: 'completed' });
  });

  it('goes to a command in flight first', () => {
    const [before, now] = [late('getgps'), inFlight('getgps')];
    expect(match([before, now], FIX)?.candidate).toBe(now);
  });

  it('goes to the late one when the one in flight asked for another state', () => {
    const [before, now] = [late('setdigout 0'), inFlight('setdigout 1')];
    expect(match([before, now], 'DOUT1:0 Timeout:INFINITY')?.candidate).toBe(before);
  });

  it('goes to a late command that it names before a raw one, which would take any words', () => {
    const [before, raw] = [late('readio 21'), inFlight('frobnicate')];
    expect(match([before, raw], LEVEL_21)?.candidate).toBe(before);
    const refusal = 'Not supported or not enabled IO element requested';
    expect(match([before, raw], refusal)).toBeNull();
    expect(match([overdue(before), raw], refusal)).toEqual({ candidate: raw, verdict: 'rejected' });
  });

  it('goes to the newest of them', () => {
    const candidates = [late('getgps'), late('getgps')];
    expect(match(candidates, FIX)?.candidate).toBe(candidates[1]);
  });

  it('is never one to a raw command: a serial line would do', () => {
    expect(match([late('frobnicate'), late('getimsi')], 'frobnicated')).toBeNull();
  });

  it('rejects it only when no other can be meant', () => {
    const command = late('setdigout 1');
    expect(match([command], 'Bad syntax')).toEqual({ candidate: command, verdict: 'rejected' });
    expect(match([command, late('setdigout 0')], 'Bad syntax')).toBeNull();
  });
});

describe('a reply without validation', () => {
  const validate = false;

  it('completes the oldest in flight, whatever it says', () => {
    const candidates = [late('readio 21'), inFlight('setdigout 1'), inFlight('readio 21')];
    for (const text of [LEVEL_21, 'Bad syntax', '?']) {
      expect(match(candidates, text, { validate })).toEqual({ candidate: candidates[1], verdict: 'completed' });
    }
  });

  it('passes over silent commands: words do not show their success', () => {
    const [reset, level] = [inFlight('cpureset'), inFlight('readio 21')];
    expect(match([reset, level], '?', { validate })?.candidate).toBe(level);
    expect(match([reset], '?', { validate })).toBeNull();
    expect(match([reset], 'Error: could not reset the software (1)', { validate })?.verdict).toBe('rejected');
  });

  it('completes a late command only when its pattern accepts it', () => {
    const command = late('readio 21');
    expect(match([command], LEVEL_21, { validate })?.candidate).toBe(command);
    expect(match([command], '?', { validate })).toBeNull();
  });

  it('comes in the codec of its command as well', () => {
    expect(match([inFlight('getgps', 14)], FIX, { validate })).toBeNull();
  });
});

describe('a nACK', () => {
  it('rejects the oldest codec 14 command in flight', () => {
    const command = inFlight('getgps', 14);
    const candidates = [inFlight('getio'), command, inFlight('getver', 14)];
    expect(matchNack(candidates)).toEqual({ candidate: command, verdict: 'rejected' });
  });

  it('is not for commands of codec 12, nor for late ones', () => {
    expect(matchNack([inFlight('getgps'), { ...late('getio'), codec: 14 }])).toBeNull();
  });
});

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length < 2) {
    return [[...items]];
  }
  return items.flatMap((item, index) => permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]));
}

describe('a command whose answer did not come in time, and whose slot another has', () => {
  it('does not take the words that answer the raw command in flight', () => {
    const [before, now] = [overdue(waiting('fwstats')), inFlight('getimsi')];
    expect(match([before, now], '246012345678901')?.candidate).toBe(now);
    expect(match([before, now], '246012345678901', { validate: false })?.candidate).toBe(now);
    expect(match([before], 'words')).toBeNull();
  });

  it('is not refused by the nACK for the command in flight', () => {
    const [before, now] = [waiting('fwstats', 14), inFlight('allver', 14)];
    expect(matchNack([before, now])?.candidate).toBe(now);
    expect(matchNack([before])).toBeNull();
  });

  it('is completed by words that can be its own only', () => {
    const [before, now] = [waiting('readio 21'), inFlight('readio 66')];
    expect(match([before, now], LEVEL_21)).toEqual({ candidate: before, verdict: 'completed' });
  });
});

describe('a reply to a raw command', () => {
  const words = '246012345678901';

  it('is not taken while an earlier raw command can still be answered', () => {
    const now = inFlight('getimsi');
    for (const before of [waiting('fwstats'), late('fwstats'), inFlight('fwstats'), waiting('frobnicate 1')]) {
      expect(match([before, now], words)).toBeNull();
    }
    expect(match([overdue(waiting('fwstats')), overdue(late('allver')), now], words)?.candidate).toBe(now);
  });

  it('may be the answer to the same text, written earlier', () => {
    const now = inFlight('getimsi');
    expect(match([late(' getimsi'), now], words)?.candidate).toBe(now);
  });

  it('is not taken while a catalogued command can be answered whose words it resembles', () => {
    const now = inFlight('getops');
    const unknownForm = 'RTC:never Init:never UpTime:7 seconds PWR:off';
    for (const before of [inFlight('getinfo'), waiting('getinfo'), late('getinfo')]) {
      expect(match([before, now], unknownForm)).toBeNull();
      expect(match([now, before], unknownForm)).toBeNull();
    }
    expect(match([overdue(late('getinfo')), now], unknownForm)?.candidate).toBe(now);
    expect(match([now], unknownForm)?.candidate).toBe(now);
    expect(match([inFlight('getinfo'), now], 'LMT;Tele2;Bite')?.candidate).toBe(now);
  });

  it('is not that of a postponed command, unless it looks like it', () => {
    const now = inFlight('frobnicate');
    expect(match([postponed('setdigout 1 10 1'), now], 'frobnicated')?.candidate).toBe(now);
    expect(match([postponed('setdigout 1 10 1'), now], 'DOUT1:OFF Timeout:0')).toBeNull();
  });

  it('can be a refusal', () => {
    const now = inFlight('frobnicate');
    expect(match([now], "Param ID:2027 doesn't exist")).toEqual({ candidate: now, verdict: 'rejected' });
    const known = inFlight('getparam 2027');
    expect(match([now, known], "Param ID:2027 doesn't exist")).toEqual({ candidate: known, verdict: 'rejected' });
  });
});

describe('a postponed command', () => {
  const command = postponed('setdigout 1 10 1');
  const queued = 'DOUT1:ON Timeout:10s Speed threshold:1km/h Speed is above threshold, queued';

  it('is completed by the words of having done it', () => {
    expect(match([command], 'DOUT1:ON Timeout:10')).toEqual({ candidate: command, verdict: 'completed' });
    expect(match([late('setdigout 1'), command, late('setdigout 1 20')], 'DOUT1:1')?.candidate).toBe(command);
  });

  it('comes after a command in flight that asks for the same', () => {
    const now = inFlight('setdigout 1');
    expect(match([command, now], 'DOUT1:1 Timeout:INFINITY')?.candidate).toBe(now);
  });

  it('is postponed by its own words, and by IGN ON', () => {
    expect(match([inFlight('setdigout 1 10 1')], queued)?.verdict).toBe('postponed');
    expect(match([inFlight('setigndigout 1 15')], 'DOUT1:1 Timeout:15s IGN ON, QUEUED')?.verdict).toBe('postponed');
    expect(match([waiting('setdigout 1 10 1')], queued)?.verdict).toBe('postponed');
    expect(match([command], queued)).toEqual({ candidate: command, verdict: 'postponed' });
    const before = late('setdigout 1');
    expect(match([before, command], queued)?.candidate).toBe(before);
  });

  it('can be refused in words that name it, but is not answered in unknown ones', () => {
    expect(match([command], 'DOUT1 ERROR')?.verdict).toBe('rejected');
    expect(match([command], 'Bad syntax')).toBeNull();
    expect(match([command], 'what?')).toBeNull();
  });
});

describe('unknown words', () => {
  const words = 'Something new';

  it('answer the one catalogued command that is in flight', () => {
    const command = inFlight('getinfo');
    expect(match([command], words)).toEqual({ candidate: command, verdict: 'unrecognised' });
    expect(match([late('getver'), overdue(waiting('frobnicate')), command], words)?.verdict).toBe('unrecognised');
    const other = { ...inFlight('getgps', 14) };
    expect(match([other], words, { codec: 14, forwardsSerial: true })).toEqual({ candidate: other, verdict: 'unrecognised' });
  });

  it('answer none when another can be meant', () => {
    const command = inFlight('getinfo');
    expect(match([command, inFlight('getver')], words)).toBeNull();
    expect(match([command, inFlight('cpureset')], words)).toBeNull();
    expect(match([waiting('frobnicate'), command], words)).toBeNull();
    expect(match([late('getstatus'), command], 'Data Link: 1 GPRS: 1 and no more')).toBeNull();
    expect(match([], words)).toBeNull();
  });

  it('never answer a silent command, nor one of another codec', () => {
    expect(match([inFlight('cpureset')], words)).toBeNull();
    expect(match([inFlight('getinfo', 14)], words)).toBeNull();
  });

  it('are serial data of a device that forwards it', () => {
    expect(match([inFlight('getinfo')], words, { forwardsSerial: true })).toBeNull();
  });

  it('are not those that the catalogue knows as the answer to another id, state or value', () => {
    expect(match([inFlight('setdigout 0')], 'DOUT1:ON Timeout:10')).toBeNull();
    expect(match([inFlight('getinfo')], FIX)).toBeNull();
  });
});

describe('a reply without text', () => {
  const EMPTY = ['', '\r\n', '\0', ' \r\n\0'];

  it.each(EMPTY)('completes the command that may be answered so: %j', (text) => {
    const faults = inFlight('scandtc');
    expect(match([faults], text)).toEqual({ candidate: faults, verdict: 'completed' });
    expect(match([inFlight('getinfo'), faults, inFlight('frobnicate')], text)?.candidate).toBe(faults);
    const overdueFaults = late('scandtc');
    expect(match([overdueFaults], text)).toEqual({ candidate: overdueFaults, verdict: 'completed' });
  });

  it.each(EMPTY)('completes a raw command when nothing else is in flight: %j', (text) => {
    const raw = inFlight('frobnicate');
    expect(match([raw], text)).toEqual({ candidate: raw, verdict: 'completed' });
    for (const rival of [inFlight('getinfo'), inFlight('cpureset'), waiting('getops')]) {
      expect(match([rival, raw], text)).toBeNull();
    }
    expect(match([late('frobnicate')], text)).toBeNull();
  });

  it('is unrecognised for a command that should have words, and says nothing about a silent one', () => {
    const command = inFlight('getinfo');
    expect(match([command], '')).toEqual({ candidate: command, verdict: 'unrecognised' });
    expect(match([inFlight('cpureset')], '')).toBeNull();
    expect(match([inFlight('getrecord')], '\r\n')).toBeNull();
  });

  it('is an empty line of the serial port where that is forwarded', () => {
    for (const command of ['scandtc', 'frobnicate', 'getinfo']) {
      expect(match([inFlight(command)], '\r\n', { forwardsSerial: true })).toBeNull();
    }
  });

  it('completes the oldest in flight without validation', () => {
    const command = inFlight('getinfo');
    expect(match([command], '', { validate: false })).toEqual({ candidate: command, verdict: 'completed' });
  });
});

describe('one more answer to a command that has ended', () => {
  const ended = (command: string): ReplyCandidate => ({ ...inFlight(command), standing: 'ended', isUnansweredHere: true });

  it('belongs to no other command: not to a raw one, an unknown one or an older one', () => {
    const raw = ended('frobnicate');
    expect(match([raw, inFlight('defrobnicate')], 'frobnicated')?.candidate).toBe(raw);
    expect(match([raw, inFlight('getinfo')], 'frobnicated')?.candidate).toBe(raw);
    expect(match([raw], 'frobnicated')?.candidate).toBe(raw);
    const known = ended('getgps');
    expect(match([known, inFlight('frobnicate')], FIX)?.candidate).toBe(known);
    expect(match([late('getgps'), known], FIX)?.candidate).toBe(known);
  });

  it('leaves a command in flight what its own pattern accepts, and a raw one what the ended one would not say', () => {
    const [gps, raw] = [inFlight('getgps'), inFlight('frobnicate')];
    expect(match([ended('frobnicate'), gps], FIX)?.candidate).toBe(gps);
    expect(match([ended('getgps'), gps], FIX)?.candidate).toBe(gps);
    expect(match([ended('getgps'), raw], 'frobnicated')?.candidate).toBe(raw);
    expect(match([ended('frobnicate')], LEVEL_21)).toBeNull();
  });

  it('may be empty, or a refusal that names nothing', () => {
    const [faults, raw] = [ended('scandtc'), ended('frobnicate')];
    expect(match([faults], '')?.candidate).toBe(faults);
    expect(match([raw, inFlight('getinfo')], 'Unknown command')?.candidate).toBe(raw);
    expect(match([raw, inFlight('defrobnicate')], '')?.candidate).toBe(raw);
  });
});

describe('words that confirm what was asked for, then contradicted, then asked for again', () => {
  const here = (candidate: ReplyCandidate): ReplyCandidate => ({ ...candidate, isUnansweredHere: true });
  const words = 'DOUT1:1 Timeout:INFINITY';

  it('are about the first as long as neither of the first two was answered on this connection', () => {
    const [on, off, again] = [late('setdigout 1'), late('setdigout 0'), here(inFlight('setdigout 1'))];
    const first = here(on);
    expect(match([first, here(off), again], words)).toEqual({ candidate: first, verdict: 'completed' });
    expect(match([first, off, again], words)?.candidate).toBe(again);
    expect(match([on, here(off), again], words)?.candidate).toBe(again);
    expect(match([first, here(late('setdigout ?0')), again], words)?.candidate).toBe(again);
    expect(match([here(off), first, again], words)?.candidate).toBe(again);
  });
});
