import { type ComponentChildren } from 'preact';

export type Tone = 'good' | 'warning' | 'bad' | 'info' | 'neutral';

/** A state in one or two words. Each tone has a shape of its own: colour alone says nothing to some. */
export function Badge({ tone = 'neutral', children }: { readonly tone?: Tone; readonly children: ComponentChildren }) {
  return (
    <span class={`badge badge-${tone}`}>
      <svg class="badge-mark" viewBox="0 0 10 10" width="8" height="8" aria-hidden="true">
        {MARKS[tone]}
      </svg>
      {children}
    </span>
  );
}

const MARKS = {
  good: <circle cx="5" cy="5" r="4.500" />,
  warning: <path d="M5 .5l4.800 9H.2z" />,
  bad: <path d="M5 0l5 5-5 5-5-5z" />,
  info: <rect x="1" y="1" width="8" height="8" rx="1" />,
  neutral: <circle cx="5" cy="5" r="3.500" fill="none" stroke="currentColor" stroke-width="2" />,
} as const;
