import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPLIES_BY_PLATFORM } from '../../../test/fixtures/replies-by-platform.js';
import { BUILT_IN_CATALOGUE } from './built-in-catalogue.js';
import { CommandCatalogue } from './command-catalogue.js';
import { matchReply, type ReplyCandidate } from './reply-matching.js';

const catalogue = new CommandCatalogue(BUILT_IN_CATALOGUE);

interface DocumentedCommand {
  readonly command: string;
  readonly response_examples?: readonly string[];
  readonly failure_examples?: readonly string[];
}

const DOCUMENTED = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../test/fixtures/documented-commands.json'), 'utf8'),
) as DocumentedCommand[];

/** Every reply that is documented for a command of which the catalogue knows replies. */
const REPLIES: readonly (readonly [command: string, reply: string])[] = withoutRepetitions([
  ...DOCUMENTED.flatMap(({ command, response_examples = [], failure_examples = [] }) =>
    [...response_examples, ...failure_examples].map((reply) => [command, reply] as const),
  ),
  ...BUILT_IN_CATALOGUE.flatMap(({ command, examples }) => examples.map((reply) => [command, reply] as const)),
  ...REPLIES_BY_PLATFORM.map(({ command, text }) => [command, text] as const),
]).filter(([command]) => catalogue.kindOf(command) !== 'raw');

const RAW = [...BUILT_IN_CATALOGUE.map(({ command }) => command), 'frobnicate 1'].filter(
  (command) => catalogue.kindOf(command) === 'raw',
);

/** What other firmware may make of a reply: the same kind of words with other values, in another order, or not all of them. */
const MUTATIONS: Readonly<Record<string, (reply: string) => string>> = {
  'as printed': (reply) => reply,
  'in lower case': (reply) => reply.toLowerCase(),
  'in upper case': (reply) => reply.toUpperCase(),
  'with a line end and NUL': (reply) => `${reply}\r\n\0`,
  'with blanks after colons': (reply) => reply.replaceAll(':', ': '),
  'with values N/A': (reply) => reply.replaceAll(/:\s*[^\s:]+/g, ':N/A'),
  'with words for values': (reply) => reply.replaceAll(/:\s*[^\s:]+/g, ':never'),
  'with empty values': (reply) => reply.replaceAll(/:\s*[^\s:]+/g, ':'),
  'with other numbers': (reply) => reply.replaceAll(/\d/g, '7'),
  'with a new field at the end': (reply) => (reply === '' ? '' : `${reply} NEWFIELD:17`),
  'with its fields turned around': (reply) => reply.split(' ').reverse().join(' '),
  'cut off in the middle': (reply) => reply.slice(0, Math.ceil(reply.length / 2)),
};

const inFlight = (command: string): ReplyCandidate => ({
  commandLogId: command,
  command,
  codec: 12,
  standing: 'in-flight',
  mayStillBeAnswered: true,
});

/** By the command's first word: another argument does not make it another pair. */
function withoutRepetitions(replies: readonly (readonly [string, string])[]): (readonly [string, string])[] {
  return [...new Map(replies.map((pair) => [`${pair[0].split(' ')[0]} ${pair[1]}`, pair])).values()];
}

/** Pairs in which the raw command was completed or rejected by the reply to the other. */
function stolen(mutate: (reply: string) => string, standing: ReplyCandidate['standing']): string[] {
  return REPLIES.flatMap(([command, reply]) => {
    const text = mutate(reply);
    const known = { ...inFlight(command), standing };
    return RAW.map(inFlight).flatMap((raw) =>
      [
        [known, raw],
        [raw, known],
      ]
        .filter(
          (pair) =>
            matchReply(pair, { text, codec: 12 }, catalogue, { validate: true, forwardsSerial: false })?.candidate === raw,
        )
        .map(() => `${raw.command} takes ${JSON.stringify(text)} of ${command}`),
    );
  });
}

describe('a raw command in flight beside a catalogued one', () => {
  it('stands against every documented reply', () => {
    expect(RAW.length).toBeGreaterThanOrEqual(21);
    expect(REPLIES.length).toBeGreaterThan(80);
    expect(new Set(REPLIES.map(([command]) => command.split(' ')[0])).size).toBe(20);
  });

  it.each(Object.keys(MUTATIONS))('is not ended by a reply to that one, %s', (name) => {
    expect(stolen(MUTATIONS[name]!, 'in-flight')).toEqual([]);
    expect(stolen(MUTATIONS[name]!, 'waiting')).toEqual([]);
    expect(stolen(MUTATIONS[name]!, 'late')).toEqual([]);
  });

  it.each(REPLIES_BY_PLATFORM.filter(({ command, outcome }) => outcome !== 'rejected' && command !== 'scandtc x'))(
    'leaves the reply to that one: $command, $platform, $text',
    ({ command, text, outcome }) => {
      const [known, raw] = [inFlight(command), inFlight('getops')];
      const verdict = outcome === 'queued' ? 'postponed' : outcome;
      for (const pair of [
        [known, raw],
        [raw, known],
      ]) {
        expect(matchReply(pair, { text, codec: 12 }, catalogue, { validate: true, forwardsSerial: false })).toEqual({
          candidate: known,
          verdict,
        });
      }
    },
  );

  it('is completed by words that are not like those of that one', () => {
    const raw = inFlight('getops');
    for (const [command] of REPLIES) {
      for (const text of ['LMT;Tele2;Bite', '246012345678901', 'frobnicated']) {
        const match = matchReply([inFlight(command), raw], { text, codec: 12 }, catalogue, {
          validate: true,
          forwardsSerial: false,
        });
        expect(match).toEqual({ candidate: raw, verdict: 'completed' });
      }
    }
  });
});
