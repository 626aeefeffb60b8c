import { useState } from 'preact/hooks';
import { type CommandList } from '../../../../client/src/index.js';
import { type Query } from '../../api/use-query.js';
import { Link } from '../../app/link.js';
import { may } from '../../app/session.js';
import { Panel } from '../../ui/panel.js';
import { EmptyState, QueryView } from '../../ui/states.js';
import { CommandTable } from '../commands/command-table.js';
import { CommandTimeline } from '../commands/command-timeline.js';
import { SendForm } from '../commands/send-form.js';
import { useCommand } from '../commands/use-command.js';

interface CommandsPanelProps {
  readonly imei: string;
  readonly commands: Query<CommandList>;
}

/** Sends a command to the device, follows it, and lists the last ones. */
export function CommandsPanel({ imei, commands }: CommandsPanelProps) {
  const [sent, setSent] = useState<string | null>(null);
  return (
    <>
      {may('command') && (
        <Panel title="Send a command">
          <SendForm
            imei={imei}
            onSent={(id) => {
              setSent(id);
              commands.refresh();
            }}
          />
          {sent !== null && <Sent key={sent} id={sent} />}
        </Panel>
      )}
      <Panel title="Recent commands" call={commands.call} actions={<Link to={`/commands?imei=${imei}`}>All</Link>}>
        <QueryView
          query={commands}
          isEmpty={({ commands: rows }) => rows.length === 0}
          empty={<EmptyState title="No command yet" />}
        >
          {({ commands: rows }) => <CommandTable label="Recent commands" commands={rows} isOfOneDevice />}
        </QueryView>
      </Panel>
    </>
  );
}

function Sent({ id }: { readonly id: string }) {
  const query = useCommand(id);
  return (
    <section class="sent" aria-label="The command that was sent">
      <h3>
        <Link to={`/commands/${id}`}>Command {id}</Link>
      </h3>
      <QueryView query={query}>{(answer) => <CommandTimeline answer={answer} />}</QueryView>
    </section>
  );
}
