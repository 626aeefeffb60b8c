import { type ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { EmptyState, Loading } from '../ui/states.js';
import { ErrorBoundary } from './error-boundary.js';
import { Link } from './link.js';
import { matchPath, navigate, path } from './router.js';
import { type Route, routes } from './routes.js';
import { type ScreenProps } from './screen-props.js';
import { may } from './session.js';

/** The screen of the current address. */
export function Screen() {
  const current = path.value;
  const first = routes.find(({ icon, scope }) => icon !== undefined && may(scope));
  const found = routes.flatMap((route) => {
    const params = matchPath(route.pattern, current);
    return params ? [{ route, params }] : [];
  })[0];
  const isStart = current === '/' && !found;
  useEffect(() => {
    if (isStart && first) {
      navigate(first.pattern, { replace: true });
    }
  }, [isStart, first]);
  if (isStart && first) {
    return null;
  }
  if (!found) {
    return <NotFound />;
  }
  if (!may(found.route.scope)) {
    return (
      <EmptyState title="This key may not see this">
        It lacks the scope <code>{found.route.scope}</code>. Sign in with another key, or ask for one.
      </EmptyState>
    );
  }
  return (
    <ErrorBoundary key={current}>
      <LoadedScreen route={found.route} params={found.params} />
    </ErrorBoundary>
  );
}

function LoadedScreen({ route, params }: { readonly route: Route; readonly params: ScreenProps['params'] }) {
  const [Loaded, setLoaded] = useState<ComponentType<ScreenProps> | null>(null);
  const [failure, setFailure] = useState<Error | null>(null);
  useEffect(() => {
    document.title = `${route.title} · IoT gateway`;
    let isShown = true;
    route.load().then(
      (component) => isShown && setLoaded(() => component),
      (error: unknown) => isShown && setFailure(error instanceof Error ? error : new Error(String(error))),
    );
    return () => {
      isShown = false;
    };
  }, [route]);
  if (failure) {
    throw failure;
  }
  return Loaded ? <Loaded params={params} /> : <Loading />;
}

function NotFound() {
  return (
    <EmptyState title="There is no such page">
      <p>
        The address may be mistyped. <Link to="/">Go to the start</Link>
      </p>
    </EmptyState>
  );
}
