import { type DeviceAnswer, type Diagnosis } from '../../../../client/src/index.js';
import { type Query } from '../../api/use-query.js';
import { Facts, Panel } from '../../ui/panel.js';
import { EmptyState, QueryView } from '../../ui/states.js';
import { Time } from '../../ui/time.js';
import { Unit } from '../../ui/unit.js';

interface ConnectionPanelProps {
  readonly connection: Query<DeviceAnswer>;
  readonly diagnosis: Query<Diagnosis>;
}

/** How the device is connected. */
export function ConnectionPanel({ connection, diagnosis }: ConnectionPanelProps) {
  const state = connection.state.value;
  const isNotConnected = state.kind !== 'loading' && state.error?.code === 'DEVICE_NOT_CONNECTED';
  return (
    <Panel title="Connection" call={connection.call}>
      {isNotConnected ? (
        <NotConnected diagnosis={diagnosis} />
      ) : (
        <QueryView query={connection}>
          {({ device }) => (
            <Facts
              items={[
                ['Connected since', <Time at={device.connectedAt} />],
                ['Last frame', <Time at={device.lastFrameAt} as="age" />],
                ['Records', <Unit value={device.records} />],
                ['Address', `${device.remoteAddress}:${device.remotePort}`],
                ['Instance', device.instance],
                ['Logins so far', <Unit value={device.epoch} />],
              ]}
            />
          )}
        </QueryView>
      )}
    </Panel>
  );
}

function NotConnected({ diagnosis }: { readonly diagnosis: Query<Diagnosis> }) {
  const state = diagnosis.state.value;
  const last = state.kind === 'ready' ? state.data.log.find(({ kind }) => kind === 'closed') : undefined;
  return (
    <EmptyState title="Not connected">
      {last ? (
        <>
          Its last connection ended <Time at={last.at} as="age" />.
        </>
      ) : (
        'The gateway knows of no earlier connection.'
      )}
    </EmptyState>
  );
}
