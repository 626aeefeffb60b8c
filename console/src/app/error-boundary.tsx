import { Component, type ComponentChildren } from 'preact';
import { Button } from '../ui/button.js';
import { Icon } from '../ui/icon.js';

interface BoundaryProps {
  readonly children: ComponentChildren;
}

interface BoundaryState {
  readonly error: Error | null;
}

/** A fault of one screen leaves the others usable. Also for a screen whose file can't be loaded: after an upgrade it has another name. */
export class ErrorBoundary extends Component<BoundaryProps, BoundaryState> {
  override state: BoundaryState = { error: null };

  static override getDerivedStateFromError(error: unknown): BoundaryState {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override componentDidCatch(error: unknown): void {
    console.error(error);
  }

  override render() {
    const { error } = this.state;
    if (!error) {
      return this.props.children;
    }
    return (
      <div class="state state-error" role="alert">
        <Icon name="alert" size={24} />
        <p class="state-title">This screen has failed</p>
        <p class="state-text">{error.message}</p>
        <Button icon="refresh" onClick={() => window.location.reload()}>
          Load the page again
        </Button>
      </div>
    );
  }
}
