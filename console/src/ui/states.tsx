import { type ComponentChildren } from 'preact';
import { type ApiError } from '../api/api-error.js';
import { type Query } from '../api/use-query.js';
import { Button } from './button.js';
import { Icon } from './icon.js';
import { Time } from './time.js';

interface EmptyStateProps {
  readonly title: string;
  readonly children?: ComponentChildren;
  readonly action?: ComponentChildren;
}

/** Nothing is there, why, and what can be done about it. */
export function EmptyState({ title, children, action }: EmptyStateProps) {
  return (
    <div class="state">
      <p class="state-title">{title}</p>
      {children !== undefined && <div class="state-text">{children}</div>}
      {action}
    </div>
  );
}

export function Loading({ rows = 3 }: { readonly rows?: number }) {
  return (
    <div class="loading" role="status">
      <span class="visually-hidden">Loading</span>
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} class="loading-row" />
      ))}
    </div>
  );
}

interface ErrorStateProps {
  readonly error: ApiError;
  readonly onRetry?: () => void;
}

/** Why something can not be shown, and whether it is retried automatically. */
export function ErrorState({ error, onRetry }: ErrorStateProps) {
  const { title, text } = explain(error);
  return (
    <div class="state state-error" role="alert">
      <Icon name="alert" size={24} />
      <p class="state-title">{title}</p>
      <p class="state-text">{text}</p>
      {typeof error.details['requestId'] === 'string' && (
        <p class="state-text">
          Request <code>{error.details['requestId']}</code>: look for it in the log of the gateway.
        </p>
      )}
      {onRetry && (
        <Button icon="refresh" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}

function explain(error: ApiError): { title: string; text: string } {
  if (error.isDatabaseUnavailable) {
    return {
      title: 'The database is not available',
      text: 'Devices stay connected and keep what is not stored. This page retries automatically.',
    };
  }
  if (error.status === null) {
    return { title: 'The gateway does not answer', text: 'This page retries automatically.' };
  }
  if (error.status === 403) {
    return { title: 'This key may not see this', text: error.message };
  }
  return { title: error.status === 404 ? 'Not found' : 'This could not be loaded', text: error.message };
}

interface QueryViewProps<T> {
  readonly query: Query<T>;
  readonly isEmpty?: (data: T) => boolean;
  readonly empty?: ComponentChildren;
  readonly loading?: ComponentChildren;
  readonly children: (data: T) => ComponentChildren;
}

/** What was read, or why not: the one place that knows the states of a query. What was read before stays while it can't be read again. */
export function QueryView<T>({ query, isEmpty, empty, loading, children }: QueryViewProps<T>) {
  const state = query.state.value;
  switch (state.kind) {
    case 'loading':
      return <>{loading ?? <Loading />}</>;
    case 'failed':
      return <ErrorState error={state.error} {...(state.error.isTemporary ? {} : { onRetry: query.refresh })} />;
    case 'ready':
      return (
        <>
          {state.error && <StaleNotice error={state.error} at={state.at} />}
          {isEmpty?.(state.data) === true ? empty : children(state.data)}
        </>
      );
  }
}

function StaleNotice({ error, at }: { readonly error: ApiError; readonly at: Date }) {
  return (
    <p class="notice notice-warning" role="status">
      <Icon name="alert" size={16} />
      <span>
        {explain(error).title}. Shown is what was read at <Time at={at} />.
      </span>
    </p>
  );
}
