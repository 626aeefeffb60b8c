import { useRef } from 'preact/hooks';
import { type ApiCall } from '../../api/call.js';
import { Facts, Panel } from '../../ui/panel.js';
import { Bytes, Unit } from '../../ui/unit.js';
import { type RateName, ratesBetween, type Reading, readingOf, type Stats } from './stats.js';

/** What all instances take in, from the counters of two heartbeats. */
export function TrafficPanel({ stats, call }: { readonly stats: Stats; readonly call: ApiCall }) {
  const rates = useRates(stats);
  const rate = (name: RateName, digits = 1) => (rates ? <Unit value={rates[name]} unit="/s" digits={digits} /> : 'measuring');
  return (
    <Panel title="Traffic" call={call}>
      <Facts
        items={[
          ['Devices connected', <Unit value={stats.authenticatedDevices} />],
          ['Records stored', rate('records')],
          ['Duplicates', rate('duplicates')],
          ['Frames', rate('frames')],
          ['Logins', rate('logins')],
          ['Received', rates ? <Bytes value={rates.bytes} per="s" /> : 'measuring'],
        ]}
      />
    </Panel>
  );
}

function useRates(stats: Stats): Readonly<Record<RateName, number>> | null {
  const last = useRef<{ stats: Stats; reading: Reading; rates: Readonly<Record<RateName, number>> | null } | null>(null);
  if (last.current?.stats !== stats) {
    const reading = readingOf(stats);
    const before = last.current;
    const rates = before ? ratesBetween(before.reading, reading) : null;
    // Two readings of one heartbeat say nothing new: the earlier one is compared with the next.
    last.current = { stats, reading: before && !rates ? before.reading : reading, rates: rates ?? before?.rates ?? null };
  }
  return last.current?.rates ?? null;
}
