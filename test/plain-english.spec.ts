import { readdirSync, readFileSync } from 'node:fs';

/** Phrases that a reader has to translate, and what to write instead. Add one when it has been cleaned up everywhere. */
const PHRASES: readonly (readonly [phrase: RegExp, instead: string])[] = [
  [/\bso many\b(?! that)/, 'up to N, N'],
  [/\bso long\b/, 'for N seconds, as long as'],
  [/\bfor ever\b/, 'indefinitely'],
  [/\banew\b/, 'again'],
  [/\bat hand\b/, 'available'],
  [/\bnobody (wants|asks)\b/, 'not configured, never requested'],
  [/\b(lets|let) go of\b/, 'releases, disconnects'],
  [/\blets in\b/, 'accepts'],
  [/\bcomes? home\b/, 'returns'],
  [/\b(Entrance|SilenceWatch|PlaceInLine)\b/, 'ConnectionLimiter, IdleTimeout, QueueTicket'],
  [/\b[Jj]udgement\b/, 'outcome, match'],
  [/\bMOST_[A-Z]/, 'MAX_...'],
  [/\bis told\b(?! to)/, 'is notified, is logged, is delivered'],
  [/\ba second of one\b/, 'per second per ...'],
  [/\b(a row a device|a database a file|an object a line)\b/, 'one ... per ...'],
  [/\bwants? a key\b/, 'requires a key'],
  [/\bon (its|their) way\b/, 'in flight'],
  [
    /\b([Nn]obody|[Ee]verybody|[Aa]nybody|[Ww]hoever)\b(?![`'@:])/,
    'no process, all instances, the caller, or a passive sentence',
  ],
  [/\b([Tt]ells?|(?<!as )[Tt]old|[Tt]elling)\b/, 'reports, notifies, is delivered, is requested'],
  [/\bhear(s|d|ing)?\b/, 'receives, is notified of'],
  [/\bdeeds?\b/, 'action'],
  [/\bjudged\b/, 'classified, matched, compared'],
  [/\b(none|nothing) of (ours|its business)\b/, 'not its own'],
  [/\b(database|instance|host|server) (is )?away\b|\bturned away\b|Away\b/, 'unavailable, down, refused'],
  [
    /\b(is|are|was|were) no (JSON|UTF-8|text|texts|number|object|regular|valid|address|Jest|schema|outage|bad|batch)\b/,
    'is not ...',
  ],
  [/\b(books|cable|goes home)\b/, 'ledgers, connection, ends'],
  [/\b[Ss]omebody\b/, 'the caller, an operator, or a passive sentence'],
];
const ROOT = new URL('..', import.meta.url);
const FOLDERS = ['src', 'console', 'bench', 'test', 'docs', 'deploy', 'client/src'];
const FILES = ['README.md', 'CONTRIBUTING.md', 'client/README.md'];

describe('plain technical English', () => {
  it('has none of the phrases that a reader has to translate', () => {
    const found = textFiles().flatMap((file) =>
      readFileSync(new URL(file, ROOT), 'utf8')
        .split('\n')
        .flatMap((line, index) =>
          PHRASES.filter(([phrase]) => phrase.test(line)).map(
            ([phrase, instead]) => `${file}:${index + 1}: ${phrase.exec(line)?.[0]} -> ${instead}`,
          ),
        ),
    );
    expect(found).toEqual([]);
  });
});

function textFiles(): string[] {
  const inFolders = FOLDERS.flatMap((folder) =>
    readdirSync(new URL(folder, ROOT), { recursive: true, encoding: 'utf8' })
      .filter(
        (name) =>
          /\.(tsx?|sql|md|ya?ml)$/.test(name) &&
          name !== 'plain-english.spec.ts' &&
          !/(^|\/)(node_modules|\.vitepress)\//.test(name),
      )
      .map((name) => `${folder}/${name}`),
  );
  return [...inFolders, ...FILES];
}
