import { useState } from 'preact/hooks';
import { type Key } from '../../../../client/src/index.js';
import { ApiError } from '../../api/api-error.js';
import { type ApiCall, call } from '../../api/call.js';
import { Button } from '../../ui/button.js';
import { CopyAsCurl } from '../../ui/copy-as-curl.js';
import { Dialog } from '../../ui/dialog.js';
import { toast } from '../../ui/toast.js';
import { session } from '../../app/session.js';

interface RevokeKeyDialogProps {
  readonly target: Key;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

export function RevokeKeyDialog({ target, onClose, onDone }: RevokeKeyDialogProps) {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const request: ApiCall = { method: 'DELETE', path: `/api/v1/keys/${target.keyId}` };
  const revoke = async (): Promise<void> => {
    setBusy(true);
    try {
      await call(request);
      toast(`The key ${target.name} was revoked.`);
      onDone();
    } catch (cause) {
      setError(ApiError.from(cause).message);
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={`Revoke ${target.name}?`}
      onClose={onClose}
      footer={
        <>
          <CopyAsCurl call={request} />
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="danger" isBusy={isBusy} onClick={() => void revoke()}>
            Revoke
          </Button>
        </>
      }
    >
      <p>Requests with this key are refused from then on, and its sessions of the console end. This can not be undone.</p>
      {target.keyId === session.value?.key.keyId && <p class="strong">You are signed in with this key.</p>}
      {error !== null && (
        <p class="field-error" role="alert">
          {error}
        </p>
      )}
    </Dialog>
  );
}
