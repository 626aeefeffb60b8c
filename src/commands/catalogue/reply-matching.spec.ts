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

interface Circumstances {
  readonly codec?: 12 | 14;
  readonly validate?: boolean;
}

function match(candidates: readonly ReplyCandidate[], text: string, { codec = 12, validate = true }: Circumstances = {}) {
  return matchReply(candidates, { text, codec }, catalogue, { validate, forwardsSerial: false });
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

  it('goes to raw commands first in, first out', () => {
    const raws = [inFlight('first'), inFlight('second')];
    expect(match(raws, 'done')?.candidate).toBe(raws[0]);
    expect(match(raws.slice(1), 'done')?.candidate).toBe(raws[1]);
  });

  it('is nobody’s when it names another id or another state, or nothing is in flight', () => {
    expect(match([inFlight('readio 22')], LEVEL_21)).toBeNull();
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

  it('refuses pulsedigout, whose success nobody knows, as surely as a command that is known better', () => {
    const [pulse, digout] = [inFlight('pulsedigout 1'), inFlight('setdigout 1')];
    expect(match([pulse, digout], 'Bad syntax')).toEqual({ candidate: pulse, verdict: 'rejected' });
    expect(match([pulse, digout], 'DOUT1:1')).toEqual({ candidate: digout, verdict: 'completed' });
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
    expect(match([before, raw], 'Not supported or not enabled IO element requested')?.candidate).toBe(raw);
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

  it('passes over silent commands: words are no sign of their success', () => {
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

  it('comes in the codec of its command all the same', () => {
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
  const waiting = (command: string, codec: 12 | 14 = 12): ReplyCandidate => ({
    ...inFlight(command, codec),
    standing: 'waiting',
  });

  it('does not take the words that answer the raw command in flight', () => {
    const [before, now] = [waiting('fwstats'), inFlight('getimsi')];
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
