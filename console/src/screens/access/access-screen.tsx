import './access.css';
import { query, setQuery } from '../../app/router.js';
import { Tabs } from '../../ui/tabs.js';
import { AuditPanel } from './audit-panel.js';
import { KeysPanel } from './keys-panel.js';

const TABS = [
  ['keys', 'Keys'],
  ['audit', 'Audit'],
] as const;

/** Who may do what, and who did what. */
export function AccessScreen() {
  const tab = query.value.get('tab') === 'audit' ? 'audit' : 'keys';
  return (
    <>
      <header class="screen-header">
        <h1>Access</h1>
      </header>
      <Tabs
        label="Access"
        tabs={TABS}
        current={tab}
        onChange={(name) => setQuery({ tab: name === 'keys' ? undefined : name, cursor: undefined })}
      >
        <div class="access-tab">{tab === 'keys' ? <KeysPanel /> : <AuditPanel />}</div>
      </Tabs>
    </>
  );
}
