import { useState } from 'preact/hooks';
import { type Command, type CommandAnswer } from '../../../../client/src/index.js';
import { ApiError } from '../../api/api-error.js';
import { type ApiCall, call } from '../../api/call.js';
import { Link } from '../../app/link.js';
import { type ScreenProps } from '../../app/screen-props.js';
import { may } from '../../app/session.js';
import { Button } from '../../ui/button.js';
import { CopyAsCurl } from '../../ui/copy-as-curl.js';
import { Facts, Panel } from '../../ui/panel.js';
import { QueryView } from '../../ui/states.js';
import { formatDuration, Time } from '../../ui/time.js';
import { toast } from '../../ui/toast.js';
import { Unit } from '../../ui/unit.js';
import { CommandTimeline } from './command-timeline.js';
import { CommandState, reasonText } from './command-words.js';
import { GuardConditionsText } from './guard-view.js';
import { useCommand } from './use-command.js';
import './commands.css';

/** One command: what it is, and everything that has happened to it. */
export function CommandScreen({ params }: ScreenProps) {
  const id = params['id'] ?? '';
  const query = useCommand(id);
  return (
    <>
      <header class="screen-header">
        <h1>
          <Link to="/commands">Commands</Link> / {id}
        </h1>
      </header>
      <QueryView query={query}>
        {(answer) => <CommandView answer={answer} request={query.call} onChange={query.refresh} />}
      </QueryView>
    </>
  );
}

interface CommandViewProps {
  readonly answer: CommandAnswer;
  readonly request: ApiCall;
  readonly onChange: () => void;
}

function CommandView({ answer, request, onChange }: CommandViewProps) {
  const { command } = answer;
  return (
    <div class="command-columns">
      <Panel title={command.action ?? 'Command'} call={request}>
        <p class="command-text">
          <code>{command.command}</code>
        </p>
        {command.reason !== null && <p class="notice notice-bad">{reasonText(command.reason)}</p>}
        <Facts items={factsOf(command)} />
        <Cancel command={command} onDone={onChange} />
      </Panel>
      <Panel title="Progress">
        <CommandTimeline answer={answer} />
      </Panel>
    </div>
  );
}

function factsOf(command: Command): Parameters<typeof Facts>[0]['items'] {
  const { imei, response, params, guard, metadata, supersededBy } = command;
  return [
    ['State', <CommandState command={command} />],
    ['Device', <Link to={`/devices/${imei}`}>{imei}</Link>],
    ['Reply', response === null ? <span class="missing">–</span> : <code>{response}</code>],
    ['Created', <Time at={command.createdAt} />],
    ['Sent', <Time at={command.sentAt} />],
    ['Ended', <Time at={command.completedAt} />],
    ['Expires', <Time at={command.expiresAt} />],
    ['Attempts', <Unit value={command.attempts} />],
    ['Retries at most', <Unit value={command.maxRetry} />],
    ['Mode', command.mode === 'queue' ? 'Waits for the device' : 'Live'],
    ['Time when postponed', formatDuration(command.postponedSeconds * 1_000)],
    ['Conditions', guard ? <GuardConditionsText guard={guard} /> : 'None'],
    ...(params ? [['Parameters', <code>{JSON.stringify(params)}</code>] as const] : []),
    ...(metadata ? [['Metadata', <code>{JSON.stringify(metadata)}</code>] as const] : []),
    ...(supersededBy === null ? [] : [['Superseded by', <Link to={`/commands/${supersededBy}`}>{supersededBy}</Link>] as const]),
    ['Send it again', <CopyAsCurl call={sendingOf(command)} />],
  ];
}

/** The request that asks for the same. */
function sendingOf({ imei, action, params, command, mode }: Command): ApiCall {
  const what = action === null ? { command } : { action, params };
  return { method: 'POST', path: '/api/v1/command', body: { imei, ...what, mode } };
}

function Cancel({ command, onDone }: { readonly command: Command; readonly onDone: () => void }) {
  const [isBusy, setBusy] = useState(false);
  if (command.status !== 'PENDING' || command.attempts > 0 || !may('command')) {
    return null;
  }
  const cancel: ApiCall = { method: 'POST', path: `/api/v1/commands/${command.commandLogId}/cancel` };
  const send = (): void => {
    setBusy(true);
    call(cancel)
      .then(
        () => toast('The command is cancelled'),
        (error: unknown) => toast(ApiError.from(error).message, 'bad'),
      )
      .finally(() => {
        setBusy(false);
        onDone();
      });
  };
  return (
    <div class="command-cancel">
      <CopyAsCurl call={cancel} />
      <Button kind="danger" isBusy={isBusy} onClick={send}>
        Cancel the command
      </Button>
    </div>
  );
}
