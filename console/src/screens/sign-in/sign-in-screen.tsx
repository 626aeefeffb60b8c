import { useState } from 'preact/hooks';
import { signIn } from '../../app/session.js';
import { Button } from '../../ui/button.js';
import { TextField } from '../../ui/field.js';

/** The key is sent once and kept nowhere. The address stays: after the sign-in it shows what was asked for. */
export function SignInScreen({ hasEnded }: { readonly hasEnded: boolean }) {
  const [key, setKey] = useState('');
  const [error, setError] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const submit = async (): Promise<void> => {
    if (key.trim() === '') {
      setError('Enter a key');
      return;
    }
    setBusy(true);
    const reason = await signIn(key.trim());
    setBusy(false);
    setError(reason);
  };
  return (
    <main class="alone">
      <form
        class="sign-in"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <img src="/console/favicon.svg" alt="" width="40" height="40" />
        <h1>Sign in to the IoT gateway</h1>
        {hasEnded && (
          <p class="notice notice-warning" role="status">
            Your session has ended. Sign in again to continue.
          </p>
        )}
        <TextField
          label="API key"
          type="password"
          name="key"
          autocomplete="off"
          autofocus
          spellcheck={false}
          value={key}
          onValue={setKey}
          error={error}
          hint={
            <>
              The gateway prints one at its first start, and keeps it in <code>.data/api-key</code>. <code>npm run keys</code>{' '}
              makes others.
            </>
          }
        />
        <Button kind="primary" type="submit" isBusy={isBusy}>
          Sign in
        </Button>
      </form>
    </main>
  );
}
