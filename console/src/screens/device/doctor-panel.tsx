import { type Diagnosis } from '../../../../client/src/index.js';
import { type Query } from '../../api/use-query.js';
import { Icon } from '../../ui/icon.js';
import { Panel } from '../../ui/panel.js';
import { QueryView } from '../../ui/states.js';

/** What is likely wrong with the device, before everything else. */
export function DoctorPanel({ diagnosis }: { readonly diagnosis: Query<Diagnosis> }) {
  return (
    <Panel title="Findings" call={diagnosis.call}>
      <QueryView query={diagnosis}>
        {({ likelyCauses, connectedSince, records }) =>
          likelyCauses.length === 0 ? (
            <p class="finding">
              <Icon name="check" size={16} />
              {connectedSince === null && records.lastReceivedAt === null
                ? 'Nothing is known of this device: it has not tried to log in.'
                : 'No problem was found in its last logins, records and commands.'}
            </p>
          ) : (
            <ul class="findings">
              {likelyCauses.map(({ code, text }) => (
                <li key={code} class="finding finding-bad">
                  <Icon name="alert" size={16} />
                  <span>
                    {text} <code class="soft">{code}</code>
                  </span>
                </li>
              ))}
            </ul>
          )
        }
      </QueryView>
    </Panel>
  );
}
