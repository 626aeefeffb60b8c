import { type ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { type ApiCall } from '../api/call.js';
import { CopyAsCurl } from './copy-as-curl.js';

interface PanelProps {
  readonly title: string;
  /** What the panel shows came from this call. */
  readonly call?: ApiCall;
  readonly actions?: ComponentChildren;
  readonly children: ComponentChildren;
}

/** A part of a screen, with a heading. */
export function Panel({ title, call, actions, children }: PanelProps) {
  const id = useId();
  return (
    <section class="panel" aria-labelledby={id}>
      <header class="panel-header">
        <h2 id={id}>{title}</h2>
        <div class="panel-actions">
          {actions}
          {call && <CopyAsCurl call={call} />}
        </div>
      </header>
      <div class="panel-body">{children}</div>
    </section>
  );
}

/** Figures side by side: a term and its value each. */
export function Facts({ items }: { readonly items: readonly (readonly [term: string, value: ComponentChildren])[] }) {
  return (
    <dl class="facts">
      {items.map(([term, value]) => (
        <div key={term} class="fact">
          <dt>{term}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
