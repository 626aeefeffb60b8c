import { useState } from 'preact/hooks';
import { type RegisteredDevice } from '../../../../client/src/index.js';
import { type ApiCall } from '../../api/call.js';
import { may } from '../../app/session.js';
import { Button } from '../../ui/button.js';
import { CopyAsCurl } from '../../ui/copy-as-curl.js';
import { Dialog } from '../../ui/dialog.js';
import { TextField } from '../../ui/field.js';
import { toast } from '../../ui/toast.js';
import { Problem, RegisterDialog, useSaving } from '../devices/register-dialog.js';

type Change = 'register' | 'ban' | 'unban' | 'remove';

interface AdmissionActionsProps {
  readonly imei: string;
  /** Null: neither registered nor banned. */
  readonly registered: RegisteredDevice | null;
  readonly onDone: () => void;
}

/** Registers, bans and removes. A key that may not is offered none of it. */
export function AdmissionActions({ imei, registered, onDone }: AdmissionActionsProps) {
  const [open, setOpen] = useState<Change | null>(null);
  const close = (): void => setOpen(null);
  const done = (): void => {
    close();
    onDone();
  };
  if (!may('admin')) {
    return null;
  }
  const isBanned = registered?.status === 'banned';
  return (
    <div class="panel-actions">
      <Button onClick={() => setOpen('register')}>{registered ? 'Edit' : 'Register'}</Button>
      {registered && !isBanned && <Button onClick={() => setOpen('remove')}>Remove</Button>}
      {isBanned ? (
        <Button onClick={() => setOpen('unban')}>End the ban</Button>
      ) : (
        <Button kind="danger" onClick={() => setOpen('ban')}>
          Ban
        </Button>
      )}
      {open === 'register' && (
        <RegisterDialog
          imei={imei}
          name={registered?.name ?? null}
          note={registered?.note ?? null}
          onClose={close}
          onDone={done}
        />
      )}
      {open !== null && open !== 'register' && <ConfirmDialog imei={imei} change={open} onClose={close} onDone={done} />}
    </div>
  );
}

const TEXTS = {
  ban: ['Ban', 'Its connection is closed, and its logins are refused until the ban is ended.', 'is banned'],
  unban: ['End the ban', 'It becomes registered, and may log in again.', 'is registered again'],
  remove: ['Remove', 'Its name, note and addresses are deleted. Its records stay.', 'is removed from the register'],
} as const;

interface ConfirmDialogProps {
  readonly imei: string;
  readonly change: keyof typeof TEXTS;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

/** The last four digits of the IMEI confirm that it is this device. */
function ConfirmDialog({ imei, change, onClose, onDone }: ConfirmDialogProps) {
  const [digits, setDigits] = useState('');
  const [reason, setReason] = useState('');
  const [title, text, done] = TEXTS[change];
  const request = requestOf(imei, change, reason.trim());
  const isConfirmed = digits === imei.slice(-4);
  const { problem, isBusy, save } = useSaving(
    request,
    isConfirmed ? null : `The last four digits of ${imei} are not these`,
    () => {
      toast(`${imei} ${done}`);
      onDone();
    },
  );
  return (
    <Dialog title={`${title}: ${imei}`} onClose={onClose}>
      <form class="form" onSubmit={save}>
        <p>{text}</p>
        {change === 'ban' && <TextField label="Reason" value={reason} onValue={setReason} maxLength={500} autocomplete="off" />}
        <TextField
          label="To confirm, type the last four digits of the IMEI"
          value={digits}
          onValue={(value) => setDigits(value.trim())}
          inputMode="numeric"
          maxLength={4}
          autocomplete="off"
        />
        <Problem text={problem} />
        <div class="form-buttons">
          <CopyAsCurl call={request} />
          <Button onClick={onClose}>Leave it</Button>
          <Button kind={change === 'unban' ? 'primary' : 'danger'} type="submit" isBusy={isBusy}>
            {title}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function requestOf(imei: string, change: keyof typeof TEXTS, reason: string): ApiCall {
  const path = `/api/v1/registered-devices/${imei}`;
  switch (change) {
    case 'ban':
      return { method: 'POST', path: `${path}/ban`, body: reason === '' ? {} : { reason } };
    case 'unban':
      return { method: 'POST', path: `${path}/unban` };
    case 'remove':
      return { method: 'DELETE', path };
  }
}
