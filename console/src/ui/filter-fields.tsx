import { useState } from 'preact/hooks';
import { TextField } from './field.js';

const IMEI = /^\d{15}$/;

/** Half an IMEI is no filter: it is kept here until it is complete. */
export function ImeiField({ value, onValue }: { readonly value: string; readonly onValue: (imei: string) => void }) {
  const [draft, setDraft] = useState(value);
  const change = (text: string): void => {
    setDraft(text);
    if (text === '' || IMEI.test(text)) {
      onValue(text);
    }
  };
  const isWrong = draft !== '' && !/^\d{0,15}$/.test(draft);
  return (
    <TextField
      label="IMEI of a device"
      inputMode="numeric"
      maxLength={15}
      value={draft}
      autocomplete="off"
      error={isWrong ? 'An IMEI has 15 digits' : null}
      onValue={change}
    />
  );
}

/** A date and a time in the zone of the viewer; the value is UTC. */
export function MomentField({
  label,
  value,
  onValue,
}: {
  readonly label: string;
  readonly value: string;
  readonly onValue: (utc: string) => void;
}) {
  return <TextField label={label} type="datetime-local" value={localOf(value)} onValue={(text) => onValue(utcOf(text))} />;
}

/** What is typed is in the zone of the viewer, and the address has UTC: it means the same time to every reader. */
function utcOf(local: string): string {
  const date = new Date(local);
  return Number.isNaN(date.getTime()) ? '' : date.toISOString();
}

function localOf(utc: string): string {
  const date = new Date(utc);
  if (Number.isNaN(date.getTime())) {
    return '';
  }
  const pad = (value: number): string => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  return `${day}T${pad(date.getHours())}:${pad(date.getMinutes())}`;
}
