import { type Command } from '../../../../client/src/index.js';
import { Link } from '../../app/link.js';
import { type Column, Table } from '../../ui/table.js';
import { Time } from '../../ui/time.js';
import { Unit } from '../../ui/unit.js';
import { CommandState } from './command-words.js';

const COLUMNS: readonly Column<Command>[] = [
  { name: 'created', title: 'Created', cell: ({ createdAt }) => <Time at={createdAt} as="age" /> },
  {
    name: 'command',
    title: 'Command',
    cell: ({ commandLogId, action, command }) => (
      <Link to={`/commands/${commandLogId}`} title={command} class="command-name">
        {action ?? command}
      </Link>
    ),
  },
  { name: 'imei', title: 'Device', isNarrowBelow: true, cell: ({ imei }) => <Link to={`/devices/${imei}`}>{imei}</Link> },
  { name: 'state', title: 'State', cell: (command) => <CommandState command={command} /> },
  {
    name: 'reply',
    title: 'Reply',
    isWideOnly: true,
    cell: ({ response }) => <span class="command-reply">{response ?? <span class="missing">–</span>}</span>,
  },
  { name: 'attempts', title: 'Attempts', isNumber: true, isWideOnly: true, cell: ({ attempts }) => <Unit value={attempts} /> },
];

interface CommandTableProps {
  readonly label: string;
  readonly commands: readonly Command[];
  /** On the page of one device, where replies stand in the timeline. */
  readonly isOfOneDevice?: boolean;
}

export function CommandTable({ label, commands, isOfOneDevice = false }: CommandTableProps) {
  const columns = isOfOneDevice ? COLUMNS.filter(({ name }) => ['created', 'command', 'state'].includes(name)) : COLUMNS;
  return <Table label={label} columns={columns} rows={commands} keyOf={({ commandLogId }) => commandLogId} />;
}
