import { now } from './clock.js';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false });
const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const dayOfYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' });

interface TimeProps {
  /** ISO 8601, as the API gives it; null when there is none. */
  readonly at: string | Date | null | undefined;
  /** `age`: how long ago. `moment`: date and time in the viewer's zone; the date is left out for today. */
  readonly as?: 'age' | 'moment';
}

/** A time in the viewer's zone, with the exact UTC on hover. */
export function Time({ at, as = 'moment' }: TimeProps) {
  const date = at === null || at === undefined ? null : new Date(at);
  if (!date || Number.isNaN(date.getTime())) {
    return <span class="missing">–</span>;
  }
  const utc = date.toISOString();
  const text = as === 'age' ? `${formatDuration(Math.max(0, now.value - date.getTime()))} ago` : formatMoment(date);
  return (
    <time dateTime={utc} title={`${utc.replace('T', ' ').replace('Z', '')} UTC`}>
      {text}
    </time>
  );
}

export function formatMoment(date: Date): string {
  const today = new Date(now.value);
  if (date.toDateString() === today.toDateString()) {
    return clock.format(date);
  }
  return `${(date.getFullYear() === today.getFullYear() ? day : dayOfYear).format(date)}, ${clock.format(date)}`;
}

/** The two greatest units: "3 d 4 h", "12 min", "8 s". */
export function formatDuration(ms: number): string {
  if (ms < MINUTE_MS) {
    return `${Math.floor(ms / SECOND_MS)} s`;
  }
  if (ms < HOUR_MS) {
    return `${Math.floor(ms / MINUTE_MS)} min`;
  }
  const [large, small, names] = ms < DAY_MS ? [HOUR_MS, MINUTE_MS, ['h', 'min']] : [DAY_MS, HOUR_MS, ['d', 'h']];
  const rest = Math.floor((ms % large) / small);
  return `${Math.floor(ms / large)} ${names[0]}${rest > 0 ? ` ${rest} ${names[1]}` : ''}`;
}
