import { useEffect, useRef, useState } from 'preact/hooks';
import { session } from '../../app/session.js';
import type { TrackMap } from '../../map/track-map.js';
import { type Query } from '../../api/use-query.js';
import { Panel } from '../../ui/panel.js';
import { EmptyState } from '../../ui/states.js';
import { formatDuration } from '../../ui/time.js';
import { Unit } from '../../ui/unit.js';
import { type History } from './history.js';

type Holder = HTMLDivElement & { trackMap?: TrackMap };

interface TrackPanelProps {
  readonly history: History;
  readonly query: Query<unknown>;
}

/** Where the device was, by its last records. */
export function TrackPanel({ history, query }: TrackPanelProps) {
  const { lines, positions, durationMs } = history.track.value;
  return (
    <Panel title="Track" call={query.call}>
      {positions === 0 && query.state.value.kind !== 'loading' && (
        <EmptyState title="No position yet">The way of the device is drawn here from its records with a fix.</EmptyState>
      )}
      {positions > 0 && (
        <>
          <TrackMapView history={history} />
          <p class="track-span soft">
            {positions === 1 ? (
              'One position'
            ) : (
              <>
                <Unit value={positions} /> positions in {formatDuration(durationMs)}
                {lines.length > 1 && ', with interruptions'}
              </>
            )}
          </p>
        </>
      )}
    </Panel>
  );
}

function TrackMapView({ history }: { readonly history: History }) {
  const holder = useRef<Holder>(null);
  const [failure, setFailure] = useState<Error | null>(null);
  useEffect(() => {
    const ending = new AbortController();
    let created: TrackMap | null = null;
    let unfollow = (): void => undefined;
    openMap(holder.current!, ending.signal).then(
      (map) => {
        created = map;
        // Tests ask it what it draws.
        holder.current!.trackMap = map;
        unfollow = history.track.subscribe(({ lines }) => map.show(lines));
      },
      (error: unknown) => ending.signal.aborted || setFailure(error instanceof Error ? error : new Error(String(error))),
    );
    return () => {
      ending.abort();
      unfollow();
      created?.destroy();
    };
  }, [history]);
  return (
    <div class="track-map">
      {failure && <EmptyState title="The map can not be shown">{failure.message}.</EmptyState>}
      <div ref={holder} class="track-map-canvas" hidden={failure !== null} />
    </div>
  );
}

async function openMap(container: HTMLElement, signal: AbortSignal): Promise<TrackMap> {
  const { TrackMap: Opened } = await import('../../map/track-map.js');
  signal.throwIfAborted();
  const { mapFile, mapStyleUrl } = session.peek()!.features;
  return Opened.create(container, { hasStreets: mapFile, styleUrl: mapStyleUrl }, signal);
}
