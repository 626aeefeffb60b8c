import { useEffect, useRef } from 'preact/hooks';
import { Badge } from '../ui/badge.js';
import { Button, IconButton } from '../ui/button.js';
import { Icon } from '../ui/icon.js';
import { toast, Toasts } from '../ui/toast.js';
import { connection } from './connection.js';
import { Link } from './link.js';
import { path } from './router.js';
import { routes } from './routes.js';
import { Screen } from './screen.js';
import { may, type Session, signOut } from './session.js';
import { followStream, streamState } from './stream.js';

/** What surrounds every screen: navigation, who is signed in, whether the gateway answers. */
export function Shell({ session }: { readonly session: Session }) {
  const mayFollow = may('read');
  useEffect(() => {
    const following = new AbortController();
    if (mayFollow) {
      void followStream(following.signal);
    }
    return () => following.abort();
  }, [mayFollow]);
  return (
    <div class="shell">
      <a class="skip-link" href="#main" onClick={focusMain}>
        Skip to the content
      </a>
      <header class="top-bar">
        <Link to="/" class="brand" aria-label="IoT gateway, start">
          <img src="/console/favicon.svg" alt="" width="24" height="24" />
          <span>IoT gateway</span>
        </Link>
        <div class="top-bar-state">
          <ConnectionState />
          <IconButton icon="sign-out" label={`Sign out ${session.key.name}`} onClick={leave} />
        </div>
      </header>
      <Navigation />
      <aside class="account" aria-label="Account">
        <ConnectionState />
        <p class="account-key">
          <span class="account-name" title={session.key.name}>
            {session.key.name}
          </span>
          <span class="account-scopes">{session.key.scopes.join(', ')}</span>
        </p>
        <Button kind="quiet" icon="sign-out" onClick={leave}>
          Sign out
        </Button>
        <p class="account-version" title={`Instance ${session.gateway.instance}`}>
          Version {session.gateway.version}
        </p>
      </aside>
      <Main />
      <Toasts />
    </div>
  );
}

function Navigation() {
  const offered = routes.filter(({ icon, scope }) => icon !== undefined && may(scope));
  return (
    <nav class="navigation" aria-label="Screens">
      <ul>
        {offered.map(({ pattern, title, icon }) => (
          <li key={pattern}>
            <Link to={pattern} class="navigation-link" {...(isWithin(pattern) ? { 'aria-current': 'page' as const } : {})}>
              {icon && <Icon name={icon} />}
              <span>{title}</span>
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function isWithin(pattern: string): boolean {
  return path.value === pattern || (pattern !== '/' && path.value.startsWith(`${pattern}/`));
}

/** After a change of the screen the focus is at its beginning, as after the load of a page: a screen reader begins there. */
function Main() {
  const main = useRef<HTMLElement>(null);
  const shown = useRef(path.value);
  const current = path.value;
  useEffect(() => {
    if (shown.current !== current) {
      shown.current = current;
      main.current?.focus({ preventScroll: true });
      window.scrollTo(0, 0);
    }
  }, [current]);
  return (
    <main ref={main} id="main" class="main" tabIndex={-1}>
      <Screen />
    </main>
  );
}

function ConnectionState() {
  return (
    <div class="connection" role="status">
      {
        {
          connected: <LiveState />,
          'database-unavailable': <Badge tone="warning">Database unavailable</Badge>,
          unreachable: <Badge tone="bad">Gateway does not answer</Badge>,
        }[connection.value]
      }
    </div>
  );
}

/** Whether what is shown follows the stream. */
function LiveState() {
  switch (streamState.value) {
    case 'live':
      return <Badge tone="good">Live</Badge>;
    case 'reconnecting':
      return <Badge tone="warning">Reconnecting</Badge>;
    case 'connecting':
      return <Badge>Connected</Badge>;
    case 'off':
      return (
        <span title="The gateway records no events: set EVENT_FEED_ENABLED=true or NOTIFICATION_URL. Screens ask every few seconds instead.">
          <Badge tone="info">Connected, not live</Badge>
        </span>
      );
  }
}

function leave(): void {
  signOut().catch((error: unknown) => toast(`You are still signed in: ${String(error)}`, 'bad'));
}

function focusMain(event: MouseEvent): void {
  event.preventDefault();
  document.getElementById('main')?.focus();
}
