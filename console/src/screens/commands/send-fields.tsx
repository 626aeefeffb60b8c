import { type Action, type CommandCatalogue, type CommandDefinition } from '../../../../client/src/index.js';
import { Field, SelectField, TextField } from '../../ui/field.js';
import { type Draft, type Param, paramProblem } from './draft.js';

interface FieldsProps {
  readonly draft: Draft;
  readonly change: (changes: Partial<Draft>) => void;
}

const MAX_TEXT = 160;

export function ActionFields({
  action,
  params,
  draft,
  change,
}: FieldsProps & { readonly action: Action; readonly params: readonly Param[] }) {
  return (
    <>
      {action.description !== null && <p class="soft">{action.description}</p>}
      {params.length > 0 && (
        <div class="field-row">
          {params.map((param) => (
            <ParamField
              key={`${action.action} ${param.name}`}
              param={param}
              value={draft.params[param.name] ?? ''}
              onValue={(value) => change({ params: { ...draft.params, [param.name]: value } })}
            />
          ))}
        </div>
      )}
    </>
  );
}

interface ParamFieldProps {
  readonly param: Param;
  readonly value: string;
  readonly onValue: (value: string) => void;
}

function ParamField({ param, value, onValue }: ParamFieldProps) {
  const { name, isRequired, minimum, maximum, description } = param;
  const bounds = minimum === undefined || maximum === undefined ? [] : [`From ${minimum} to ${maximum}`];
  const isOptional = !isRequired && param.default === undefined;
  const preset = param.default === undefined ? [] : [`${param.default} when empty`];
  const limits = [bounds, isOptional ? 'optional' : [], preset].flat().join(', ');
  const hint = [description ?? [], limits].flat().join(' ');
  if (param.enum) {
    const options = param.enum.map((choice) => [choice, choice] as const);
    return <SelectField label={name} hint={hint} value={value} onValue={onValue} options={[['', '–'], ...options]} />;
  }
  const problem = paramProblem(param, value);
  return (
    <TextField
      label={name}
      hint={hint}
      value={value}
      onValue={onValue}
      autocomplete="off"
      {...(param.type === 'integer' ? { inputMode: 'numeric' as const } : {})}
      error={value === '' || problem === null ? null : `${name} ${problem}`}
    />
  );
}

interface TextFieldsProps extends FieldsProps {
  readonly catalogue: CommandCatalogue;
  readonly definition: CommandDefinition | null;
}

export function TextFields({ catalogue, draft, definition, change }: TextFieldsProps) {
  return (
    <Field label="Text for the device" hint={hintOf(draft, definition)}>
      {(input) => (
        <>
          <input
            {...input}
            list="known-commands"
            value={draft.text}
            maxLength={MAX_TEXT}
            autocomplete="off"
            spellcheck={false}
            class="code-input"
            onInput={(event) => change({ text: event.currentTarget.value })}
          />
          <datalist id="known-commands">
            {catalogue.commands.map(({ command, syntax }) => (
              <option key={command} value={command}>
                {syntax}
              </option>
            ))}
          </datalist>
        </>
      )}
    </Field>
  );
}

function hintOf({ text }: Draft, definition: CommandDefinition | null): string {
  if (definition) {
    return [definition.syntax, definition.notes ?? []].flat().join('. ');
  }
  return text.trim() === ''
    ? 'For example getver, getinfo, getgps'
    : 'The catalogue does not know this command: any words of the device are taken for its reply.';
}

/** When it may be written. */
export function ConditionFields({ draft, change }: FieldsProps) {
  return (
    <details class="conditions">
      <summary>Waiting and conditions</summary>
      <div class="field-row">
        <SelectField
          label="When the device is not connected"
          value={draft.mode}
          onValue={(mode) => change({ mode: mode as Draft['mode'] })}
          options={[
            ['live', 'Refuse it'],
            ['queue', 'Let it wait'],
          ]}
        />
        {draft.mode === 'queue' && (
          <TextField
            label="Wait at most, hours"
            value={draft.ttlHours}
            onValue={(ttlHours) => change({ ttlHours })}
            inputMode="decimal"
          />
        )}
        <TextField
          label="Speed at most, km/h"
          value={draft.maxSpeedKmh}
          onValue={(maxSpeedKmh) => change({ maxSpeedKmh })}
          inputMode="numeric"
        />
        <SelectField
          label="Ignition"
          value={draft.ignition}
          onValue={(ignition) => change({ ignition: ignition as Draft['ignition'] })}
          options={[
            ['', 'On or off'],
            ['off', 'Off'],
            ['on', 'On'],
          ]}
        />
        <TextField
          label="Newest record at most, seconds old"
          value={draft.maxRecordAgeSeconds}
          onValue={(maxRecordAgeSeconds) => change({ maxRecordAgeSeconds })}
          inputMode="numeric"
        />
      </div>
    </details>
  );
}
