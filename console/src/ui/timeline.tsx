import { type ComponentChildren } from 'preact';
import { type Tone } from './badge.js';
import { Time } from './time.js';

export interface TimelineEntry {
  readonly id: string | number;
  readonly at: string | null;
  readonly tone?: Tone;
  readonly title: ComponentChildren;
  readonly text?: ComponentChildren;
}

/** What happened, in the order that is given. */
export function Timeline({ entries, label }: { readonly entries: readonly TimelineEntry[]; readonly label: string }) {
  return (
    <ol class="timeline" aria-label={label}>
      {entries.map(({ id, at, tone = 'neutral', title, text }) => (
        <li key={id} class={`timeline-entry timeline-${tone}`}>
          <div class="timeline-time">
            <Time at={at} />
          </div>
          <div>
            <div class="timeline-title">{title}</div>
            {text !== undefined && <div class="timeline-text">{text}</div>}
          </div>
        </li>
      ))}
    </ol>
  );
}
