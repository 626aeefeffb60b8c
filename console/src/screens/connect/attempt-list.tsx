import { Link } from '../../app/link.js';
import { may } from '../../app/session.js';
import { Time } from '../../ui/time.js';
import { Timeline, type TimelineEntry } from '../../ui/timeline.js';
import { toneOf, wordsOf } from './attempt-words.js';
import { type Attempt } from './connection-attempts.js';

type Failed = Extract<Attempt, { readonly kind: 'failed' }>;

export function AttemptList({ attempts }: { readonly attempts: readonly Attempt[] }) {
  return <Timeline label="Attempts" entries={attempts.map(entryOf)} />;
}

function entryOf(attempt: Attempt): TimelineEntry {
  const { id, at, imei, address } = attempt;
  if (attempt.kind === 'login') {
    const title = (
      <>
        <Link to={`/devices/${imei}`}>{attempt.imei}</Link> logged in
      </>
    );
    return { id, at, tone: 'good', title, text: `From ${address}` };
  }
  return { id, at, tone: toneOf(attempt.outcome), title: wordsOf(attempt.outcome).title, text: <FailedText attempt={attempt} /> };
}

function FailedText({ attempt: { outcome, code, imei, address, count, firstAt } }: { readonly attempt: Failed }) {
  return (
    <>
      <p class="attempt-peer">
        {imei !== null && (
          <>
            <Link to={`/devices/${imei}`}>{imei}</Link>{' '}
          </>
        )}
        from {address}
        {code !== null && (
          <>
            {' '}
            · <code>{code}</code>
          </>
        )}
        {count > 1 && (
          <>
            {' '}
            · {count.toLocaleString('en')} times since <Time at={firstAt} />
          </>
        )}
      </p>
      <p>
        {wordsOf(outcome).hint}{' '}
        {outcome === 'unknown' && imei !== null && may('admin') && <Link to={`/devices/${imei}`}>Register {imei}</Link>}
      </p>
    </>
  );
}
