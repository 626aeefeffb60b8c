import { type ComponentChildren, type JSX } from 'preact';
import { useId } from 'preact/hooks';

interface FieldProps {
  readonly label: string;
  readonly hint?: ComponentChildren;
  readonly error?: string | null;
  /** To be spread on the input. */
  readonly children: (input: {
    id: string;
    'aria-describedby': string | undefined;
    'aria-invalid': boolean;
  }) => ComponentChildren;
}

/** An input with its label, a hint, and what is wrong with it. */
export function Field({ label, hint, error = null, children }: FieldProps) {
  const id = useId();
  const described = [hint === undefined ? [] : `${id}-hint`, error === null ? [] : `${id}-error`].flat().join(' ');
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, 'aria-describedby': described === '' ? undefined : described, 'aria-invalid': error !== null })}
      {hint !== undefined && (
        <p id={`${id}-hint`} class="field-hint">
          {hint}
        </p>
      )}
      {error !== null && (
        <p id={`${id}-error`} class="field-error" role="alert">
          {error}
        </p>
      )}
    </div>
  );
}

type TextFieldProps = Omit<FieldProps, 'children'> & {
  readonly value: string;
  readonly onValue: (value: string) => void;
  readonly type?: 'text' | 'search' | 'password' | 'number' | 'datetime-local';
  readonly name?: string;
  readonly placeholder?: string;
  readonly inputMode?: 'text' | 'numeric' | 'decimal';
  readonly maxLength?: number;
  readonly min?: number;
  readonly max?: number;
  readonly autocomplete?: 'off' | 'on';
  readonly autofocus?: boolean;
  readonly spellcheck?: boolean;
  readonly disabled?: boolean;
};

export function TextField({ label, hint, error, value, onValue, type = 'text', ...rest }: TextFieldProps) {
  return (
    <Field label={label} hint={hint} error={error ?? null}>
      {(input) => {
        // The types of Preact want to know which type it is.
        const attributes = { ...rest, ...input, type } as JSX.IntrinsicElements['input'];
        return <input {...attributes} value={value} onInput={(event) => onValue(event.currentTarget.value)} />;
      }}
    </Field>
  );
}

type SelectFieldProps = Omit<FieldProps, 'children'> & {
  readonly value: string;
  readonly onValue: (value: string) => void;
  readonly options: readonly (readonly [value: string, text: string])[];
};

export function SelectField({ label, hint, error, value, onValue, options }: SelectFieldProps) {
  return (
    <Field label={label} hint={hint} error={error ?? null}>
      {(input) => (
        <select {...input} value={value} onChange={(event) => onValue(event.currentTarget.value)}>
          {options.map(([option, text]) => (
            <option key={option} value={option}>
              {text}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
