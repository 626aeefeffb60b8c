import { signal } from '@preact/signals';
import { type Tone } from './badge.js';
import { IconButton } from './button.js';

interface Message {
  readonly id: number;
  readonly text: string;
  readonly tone: Tone;
}

const SHOWN_MS = 6_000;
const MAX_SHOWN = 4;
const messages = signal<readonly Message[]>([]);
let lastId = 0;

/** Says that something was done, or was not. What must not be missed belongs on the screen instead. */
export function toast(text: string, tone: Tone = 'good'): void {
  const id = ++lastId;
  messages.value = [...messages.value.slice(1 - MAX_SHOWN), { id, text, tone }];
  window.setTimeout(() => remove(id), SHOWN_MS);
}

function remove(id: number): void {
  messages.value = messages.value.filter((message) => message.id !== id);
}

/** Where they appear: once, in the shell. */
export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {messages.value.map(({ id, text, tone }) => (
        <div key={id} class={`toast toast-${tone}`}>
          <span>{text}</span>
          <IconButton icon="close" label="Dismiss" onClick={() => remove(id)} />
        </div>
      ))}
    </div>
  );
}
