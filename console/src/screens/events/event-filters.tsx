import { query, setQuery } from '../../app/router.js';
import { SelectField } from '../../ui/field.js';
import { ImeiField, MomentField } from '../../ui/filter-fields.js';
import { EVENT_STATES, EVENT_TYPES, STATE_NAMES } from './webhook-event.js';

/** The filters are the address: a list can be shared as it is shown. */
export function EventFilters() {
  const value = (name: string): string => query.value.get(name) ?? '';
  const set = (name: string, to: string): void => setQuery({ [name]: to, cursor: undefined });
  return (
    <form class="filters" role="search" aria-label="Filters" onSubmit={(event) => event.preventDefault()}>
      <SelectField
        label="Event"
        value={value('type')}
        onValue={(type) => set('type', type)}
        options={[['', 'All'], ...EVENT_TYPES.map((type) => [type, type] as const)]}
      />
      <SelectField
        label="Webhook"
        value={value('state')}
        onValue={(state) => set('state', state)}
        options={[['', 'All'], ...EVENT_STATES.map((state) => [state, STATE_NAMES[state]] as const)]}
      />
      <ImeiField value={value('imei')} onValue={(imei) => set('imei', imei)} />
      <MomentField label="From" value={value('from')} onValue={(from) => set('from', from)} />
      <MomentField label="To" value={value('to')} onValue={(to) => set('to', to)} />
    </form>
  );
}
