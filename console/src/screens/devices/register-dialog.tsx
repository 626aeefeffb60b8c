import { useState } from 'preact/hooks';
import { ApiError } from '../../api/api-error.js';
import { type ApiCall, call } from '../../api/call.js';
import { Button } from '../../ui/button.js';
import { CopyAsCurl } from '../../ui/copy-as-curl.js';
import { Dialog } from '../../ui/dialog.js';
import { TextField } from '../../ui/field.js';
import { toast } from '../../ui/toast.js';

interface RegisterDialogProps {
  /** Of a device that is known; not set: it is asked for. */
  readonly imei?: string;
  readonly name?: string | null;
  readonly note?: string | null;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

const IMEI = /^\d{15}$/;

/** Registers a device, or changes its name and note. */
export function RegisterDialog({ imei: known, name: oldName, note: oldNote, onClose, onDone }: RegisterDialogProps) {
  const [imei, setImei] = useState(known ?? '');
  const [name, setName] = useState(oldName ?? '');
  const [note, setNote] = useState(oldNote ?? '');
  const body = { name: name.trim() || null, note: note.trim() || null };
  const register: ApiCall = { method: 'PUT', path: `/api/v1/registered-devices/${imei}`, body };
  const { problem, isBusy, save } = useSaving(register, IMEI.test(imei) ? null : 'An IMEI has 15 digits', () => {
    toast(`${imei} is registered`);
    onDone();
  });
  return (
    <Dialog title={known === undefined ? 'Register a device' : `Register ${known}`} onClose={onClose}>
      <form class="form" onSubmit={save}>
        {known === undefined && (
          <TextField
            label="IMEI"
            value={imei}
            onValue={(value) => setImei(value.trim())}
            inputMode="numeric"
            autocomplete="off"
            hint="15 digits, printed on the device"
          />
        )}
        <TextField label="Name" value={name} onValue={setName} maxLength={200} autocomplete="off" hint="For people: Van 12" />
        <TextField label="Note" value={note} onValue={setNote} maxLength={2000} autocomplete="off" />
        <Problem text={problem} />
        <div class="form-buttons">
          <CopyAsCurl call={register} />
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" isBusy={isBusy}>
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** Why a form was not accepted. */
export function Problem({ text }: { readonly text: string | null }) {
  return text === null ? null : (
    <p class="notice notice-bad" role="alert">
      {text}
    </p>
  );
}

/** A form that makes one call. `invalid` is what is wrong before it is made. */
export function useSaving(request: ApiCall, invalid: string | null, onDone: () => void) {
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const save = (event: Event): void => {
    event.preventDefault();
    setProblem(invalid);
    if (invalid !== null) {
      return;
    }
    setBusy(true);
    call<unknown>(request)
      .then(onDone, (error: unknown) => setProblem(ApiError.from(error).message))
      .finally(() => setBusy(false));
  };
  return { problem, isBusy, save };
}
