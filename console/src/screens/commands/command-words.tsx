import { type Command, type CommandAttempt } from '../../../../client/src/index.js';
import { Badge, type Tone } from '../../ui/badge.js';

const REASONS: Readonly<Record<NonNullable<Command['reason']>, string>> = {
  expired: 'Its time was over before it was written. The device has not received it.',
  unconfirmed: 'It was written and never confirmed. The device may have executed it.',
  rejected: 'The device answered with an error.',
  superseded: 'A newer command took its place.',
  cancelled: 'It was cancelled before it was written.',
  unrecognised: 'The device answered in words that no pattern knows. It may have executed it.',
  guard: 'Its conditions did not hold until its time was over. The device has not received it.',
};

const RESULTS: Readonly<Record<NonNullable<CommandAttempt['result']>, readonly [tone: Tone, text: string]>> = {
  confirmed: ['good', 'Confirmed'],
  rejected: ['bad', 'The device answered with an error'],
  timeout: ['warning', 'No answer in time'],
  disconnected: ['warning', 'The connection ended before an answer'],
  superseded: ['neutral', 'A newer command took its place'],
  postponed: ['info', 'Accepted; the device executes it later'],
  unrecognised: ['warning', 'Answered in unknown words'],
};

/** How a command stands, in one or two words, as it is shown everywhere. */
export function stateOf({ status, reason, confirmedBy, deviceState, attempts }: Command): readonly [tone: Tone, text: string] {
  if (status === 'COMPLETED') {
    return ['good', confirmedBy === 'telemetry' ? 'Confirmed by telemetry' : 'Confirmed by reply'];
  }
  if (status === 'FAILED') {
    return [reason === 'cancelled' || reason === 'superseded' ? 'neutral' : 'bad', reason ?? 'failed'];
  }
  if (deviceState === 'queued') {
    return ['info', 'Postponed'];
  }
  if (deviceState === 'unrecognised') {
    return ['warning', 'Unknown answer'];
  }
  return attempts > 0 ? ['info', 'Sent'] : ['neutral', 'Waiting'];
}

export function CommandState({ command }: { readonly command: Command }) {
  const [tone, text] = stateOf(command);
  return <Badge tone={tone}>{text.charAt(0).toUpperCase() + text.slice(1)}</Badge>;
}

export function reasonText(reason: Command['reason']): string {
  return reason === null ? '' : REASONS[reason];
}

export function resultOf(result: CommandAttempt['result']): readonly [tone: Tone, text: string] {
  return result === null ? ['info', 'Waiting for the answer'] : RESULTS[result];
}
