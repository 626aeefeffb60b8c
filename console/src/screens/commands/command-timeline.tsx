import { type Command, type CommandAnswer, type CommandAttempt, type GuardFacts } from '../../../../client/src/index.js';
import { Timeline, type TimelineEntry } from '../../ui/timeline.js';
import { reasonText, resultOf } from './command-words.js';

/** What has happened to a command: stored, each attempt with its answer, the end. */
export function CommandTimeline({ answer }: { readonly answer: CommandAnswer }) {
  return (
    <div role="status" aria-label="Progress">
      <Timeline label="Progress of the command" entries={entriesOf(answer)} />
    </div>
  );
}

function entriesOf({ command, attempts, hasOlderAttempts }: CommandAnswer): TimelineEntry[] {
  const created: TimelineEntry = {
    id: 'created',
    at: command.createdAt,
    title: 'Stored',
    text: command.mode === 'queue' ? 'It waits for the device when that is not connected.' : 'For a device that is connected.',
  };
  const older: TimelineEntry[] = hasOlderAttempts ? [{ id: 'older', at: null, title: 'Older attempts are left out' }] : [];
  return [created, ...older, ...attempts.flatMap((attempt) => entriesOfAttempt(attempt, command)), ...endOf(command, attempts)];
}

function entriesOfAttempt(attempt: CommandAttempt, command: Command): TimelineEntry[] {
  const sent: TimelineEntry = {
    id: `sent-${attempt.attempt}`,
    at: attempt.sentAt,
    tone: 'info',
    title: attempt.attempt === 1 ? 'Sent' : `Sent again, attempt ${attempt.attempt}`,
    text: attempt.guardFacts ? <>The conditions held: {factsText(attempt.guardFacts)}</> : undefined,
  };
  const isOpen = attempt.result === null;
  if (isOpen && command.status !== 'PENDING') {
    return [sent];
  }
  const [tone, title] = resultOf(attempt.result);
  const text = attempt.reply === null ? undefined : <code>{attempt.reply === '' ? '(an empty line)' : attempt.reply}</code>;
  return [sent, { id: `end-${attempt.attempt}`, at: attempt.endedAt, tone, title, text }];
}

function endOf(command: Command, attempts: readonly CommandAttempt[]): TimelineEntry[] {
  const { status, reason, confirmedBy, completedAt, late } = command;
  switch (status) {
    case 'COMPLETED':
      return [
        {
          id: 'end',
          at: completedAt,
          tone: 'good',
          title: confirmedBy === 'telemetry' ? 'Confirmed by telemetry' : 'Confirmed by reply',
          text: late ? 'After its failure had been reported.' : undefined,
        },
      ];
    case 'FAILED':
      return [
        {
          id: 'end',
          at: completedAt,
          tone: isByUser(reason) ? 'neutral' : 'bad',
          title: `Failed: ${reason ?? 'unknown'}`,
          text: reasonText(reason),
        },
      ];
    case 'PENDING':
      return attempts.length === 0 ? [{ id: 'waiting', at: null, title: 'Waits to be sent' }] : [];
  }
}

/** Ended on purpose. */
function isByUser(reason: Command['reason']): boolean {
  return reason === 'cancelled' || reason === 'superseded';
}

export function factsText({ speedKmh, ignition, recordAgeSeconds }: GuardFacts): string {
  return [
    speedKmh === null ? 'speed unknown' : `${speedKmh} km/h`,
    ignition === undefined || ignition === null ? 'ignition unknown' : `ignition ${ignition}`,
    recordAgeSeconds === null ? 'no record' : `record ${Math.round(recordAgeSeconds)} s old`,
  ].join(', ');
}
