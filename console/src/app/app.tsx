import { useEffect } from 'preact/hooks';
import { SignInScreen } from '../screens/sign-in/sign-in-screen.js';
import { Button } from '../ui/button.js';
import { EmptyState, Loading } from '../ui/states.js';
import { Shell } from './shell.js';
import { loadSession, sessionState } from './session.js';
import { ErrorBoundary } from './error-boundary.js';

const RETRY_MS = 3_000;

/** Signed in or not: without a session there is only the sign-in. */
export function App() {
  const state = sessionState.value;
  useEffect(() => void loadSession(), []);
  useEffect(() => {
    if (state.kind !== 'unreachable') {
      return undefined;
    }
    const timer = window.setTimeout(() => void loadSession(), RETRY_MS);
    return () => window.clearTimeout(timer);
  }, [state]);
  switch (state.kind) {
    case 'unknown':
      return <Loading />;
    case 'unreachable':
      return (
        <main class="alone">
          <EmptyState title={state.reason} action={<Button onClick={() => void loadSession()}>Try again</Button>}>
            This page retries automatically.
          </EmptyState>
        </main>
      );
    case 'signed-out':
      return <SignInScreen hasEnded={state.ended} />;
    case 'signed-in':
      return (
        <ErrorBoundary>
          <Shell session={state.session} />
        </ErrorBoundary>
      );
  }
}
