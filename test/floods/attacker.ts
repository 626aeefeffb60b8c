import { noCounts, type AttackOrder } from './attack.js';
import { HalfOpenFlood } from './half-open-flood.js';
import { HeldConnections } from './held-connections.js';
import { LoginFlood } from './login-flood.js';

/** A process of its own. Receives its order, reports when it is done (if it ever is), and its counts when it is stopped. */
const counts = noCounts();
let attack: { start(): void; stop(): void } | null = null;

process.on('message', (message: AttackOrder | 'stop') => {
  if (message === 'stop') {
    // Before it closes them all.
    const seen = { ...counts };
    attack?.stop();
    process.send?.({ counts: seen }, () => process.exit());
    return;
  }
  attack = create(message);
  attack.start();
});

function create(order: AttackOrder): { start(): void; stop(): void } {
  switch (order.attack) {
    case 'slow-login':
    case 'slow-frame':
      return new HeldConnections(order, counts);
    case 'half-open':
      return new HalfOpenFlood(order, counts);
    case 'no-login':
    case 'refused-login':
    case 'strangers':
      return new LoginFlood(order, counts, () => process.send?.('done'));
  }
}
