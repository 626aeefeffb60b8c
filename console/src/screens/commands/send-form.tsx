import { useState } from 'preact/hooks';
import {
  type Action,
  type CommandAccepted,
  type CommandCatalogue,
  type CommandDefinition,
} from '../../../../client/src/index.js';
import { ApiError } from '../../api/api-error.js';
import { type ApiCall, call } from '../../api/call.js';
import { useQuery } from '../../api/use-query.js';
import { Button } from '../../ui/button.js';
import { CopyAsCurl } from '../../ui/copy-as-curl.js';
import { SelectField, TextField } from '../../ui/field.js';
import { QueryView } from '../../ui/states.js';
import { conditionsOf, type Draft, draftProblem, emptyDraft, knownOf, paramsOf, requestOf } from './draft.js';
import { DeviceFacts } from './device-facts.js';
import { ActionFields, ConditionFields, TextFields } from './send-fields.js';
import './commands.css';

interface SendFormProps {
  /** Not set: it is asked for. */
  readonly imei?: string;
  /** With the id of the command that was stored. */
  readonly onSent: (commandLogId: string) => void;
}

/** Sends an action of the catalogue or a text. What its conditions are compared with is shown before. */
export function SendForm(props: SendFormProps) {
  const catalogue = useQuery<CommandCatalogue>('/api/v1/command-catalogue');
  return <QueryView query={catalogue}>{(data) => <FormOfCatalogue catalogue={data} {...props} />}</QueryView>;
}

function FormOfCatalogue({ catalogue, imei, onSent }: SendFormProps & { readonly catalogue: CommandCatalogue }) {
  const [draft, setDraft] = useState<Draft>(emptyDraft(imei ?? ''));
  const [isTried, setTried] = useState(false);
  const change = (changes: Partial<Draft>): void => setDraft({ ...draft, ...changes });
  const known = knownOf(catalogue, draft);
  const destructive = known.action?.destructive ?? known.definition?.destructive ?? null;
  const problem = draftProblem(draft, known.action, destructive !== null);
  const request: ApiCall = { method: 'POST', path: '/api/v1/command', body: requestOf(draft, known.action) };
  const sending = useSending(request, (id) => {
    setTried(false);
    change({ confirmation: '' });
    onSent(id);
  });
  const submit = (event: Event): void => {
    event.preventDefault();
    setTried(true);
    if (problem === null) {
      sending.send();
    }
  };
  return (
    <form class="form" onSubmit={submit} aria-label="Send a command">
      {imei === undefined && (
        <TextField label="IMEI" value={draft.imei} onValue={(value) => change({ imei: value.trim() })} inputMode="numeric" />
      )}
      <What catalogue={catalogue} draft={draft} known={known} change={change} />
      <ConditionFields draft={draft} change={change} />
      <DeviceFacts imei={draft.imei} conditions={conditionsOf(draft, known.action, known.definition)} />
      {destructive !== null && <Confirmation text={destructive} draft={draft} change={change} />}
      <SendingProblem text={isTried ? (problem ?? sending.problem) : null} />
      <div class="form-buttons">
        <CopyAsCurl call={request} />
        <Button kind="primary" type="submit" isBusy={sending.isBusy}>
          Send
        </Button>
      </div>
    </form>
  );
}

interface WhatProps {
  readonly catalogue: CommandCatalogue;
  readonly draft: Draft;
  readonly known: { readonly action: Action | null; readonly definition: CommandDefinition | null };
  readonly change: (changes: Partial<Draft>) => void;
}

function What({ catalogue, draft, known, change }: WhatProps) {
  const actions = catalogue.actions.map(({ action }) => [action, action] as const);
  return (
    <>
      <SelectField
        label="Command"
        value={draft.kind === 'text' ? '' : draft.action}
        onValue={(value) => change(value === '' ? { kind: 'text' } : { kind: 'action', action: value, params: {} })}
        options={[['', 'A text of your own'], ...actions]}
      />
      {draft.kind === 'text' ? (
        <TextFields catalogue={catalogue} draft={draft} definition={known.definition} change={change} />
      ) : (
        known.action && <ActionFields action={known.action} params={paramsOf(known.action)} draft={draft} change={change} />
      )}
    </>
  );
}

interface ConfirmationProps {
  /** What it does. */
  readonly text: string;
  readonly draft: Draft;
  readonly change: (changes: Partial<Draft>) => void;
}

function Confirmation({ text, draft, change }: ConfirmationProps) {
  return (
    <div class="confirmation">
      <p class="notice notice-warning">This {text}.</p>
      <TextField
        label={`To confirm, type the last four digits of the IMEI${draft.imei === '' ? '' : ` (${draft.imei})`}`}
        value={draft.confirmation}
        onValue={(confirmation) => change({ confirmation: confirmation.trim() })}
        inputMode="numeric"
        maxLength={4}
        autocomplete="off"
      />
    </div>
  );
}

function SendingProblem({ text }: { readonly text: string | null }) {
  return text === null ? null : (
    <p class="notice notice-bad" role="alert">
      {text}
    </p>
  );
}

function useSending(request: ApiCall, onSent: (id: string) => void) {
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const send = (): void => {
    setBusy(true);
    setProblem(null);
    call<CommandAccepted>(request)
      .then(
        ({ commandLogId }) => onSent(commandLogId),
        (error: unknown) => setProblem(refusalOf(ApiError.from(error))),
      )
      .finally(() => setBusy(false));
  };
  return { isBusy, problem, send };
}

function refusalOf(error: ApiError): string {
  switch (error.code) {
    case 'GUARD_NOT_MET':
      return 'Not sent: the conditions do not hold. See what they are compared with.';
    case 'DEVICE_NOT_CONNECTED':
      return 'Not sent: the device is not connected. Let the command wait for it instead.';
    default:
      return error.status === null ? 'No answer came. Look in the list of commands before you send it again.' : error.message;
  }
}
