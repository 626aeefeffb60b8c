import { signal } from '@preact/signals';

const TICK_MS = 5_000;

/** Now, renewed every five seconds: the ages on the screen follow it. */
export const now = signal(Date.now());

window.setInterval(() => {
  if (document.visibilityState === 'visible') {
    now.value = Date.now();
  }
}, TICK_MS);
document.addEventListener('visibilitychange', () => (now.value = Date.now()));
