import { type KeyMade } from '../../../../client/src/index.js';
import { Button } from '../../ui/button.js';
import { copyText } from '../../ui/copy-text.js';
import { Dialog } from '../../ui/dialog.js';

/** The only time that a key can be seen: the gateway keeps a digest of it. */
export function KeySecretDialog({ made, onClose }: { readonly made: KeyMade; readonly onClose: () => void }) {
  return (
    <Dialog
      title={`Key ${made.key.name}`}
      onClose={onClose}
      footer={
        <>
          <Button icon="copy" onClick={() => void copyText(made.secret, 'The key was copied.')}>
            Copy
          </Button>
          <Button kind="primary" onClick={onClose}>
            I have stored it
          </Button>
        </>
      }
    >
      <p>Store this key now. It is not shown again.</p>
      <p>
        <code class="access-secret">{made.secret}</code>
      </p>
    </Dialog>
  );
}
