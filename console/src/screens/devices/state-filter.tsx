import { now } from '../../ui/clock.js';
import { Unit } from '../../ui/unit.js';
import { type DeviceRow, stateOf } from './device-row.js';

export type FilterName = 'all' | 'connected' | 'stale' | 'problem' | 'banned' | 'unregistered';

/** In the order of the buttons. */
export const FILTERS: readonly { readonly name: FilterName; readonly title: string }[] = [
  { name: 'all', title: 'All' },
  { name: 'connected', title: 'Connected' },
  { name: 'stale', title: 'Stale' },
  { name: 'problem', title: 'No fix' },
  { name: 'banned', title: 'Banned' },
  { name: 'unregistered', title: 'Unregistered' },
];

/** `connected` includes the stale ones and those without a fix; `unregistered` those that are connected all the same. */
export function matches(row: DeviceRow, filter: FilterName, nowMs: number): boolean {
  switch (filter) {
    case 'all':
      return true;
    case 'connected':
      return row.isConnected;
    case 'unregistered':
      return row.status === null;
    default:
      return stateOf(row, nowMs) === filter;
  }
}

interface StateFilterProps {
  readonly rows: readonly DeviceRow[];
  readonly current: FilterName;
  readonly onChange: (filter: FilterName) => void;
}

/** One button for each filter, with how many it leaves. */
export function StateFilter({ rows, current, onChange }: StateFilterProps) {
  return (
    <div class="state-filter" role="group" aria-label="State">
      {FILTERS.map(({ name, title }) => (
        <button key={name} type="button" class="filter" aria-pressed={name === current} onClick={() => onChange(name)}>
          {title} <Unit value={rows.filter((row) => matches(row, name, now.value)).length} />
        </button>
      ))}
    </div>
  );
}
