import { useEffect, useRef, useState } from 'preact/hooks';
import type { FleetMap, Mark } from '../../map/fleet-map.js';
import { session } from '../../app/session.js';
import { EmptyState } from '../../ui/states.js';
import { type FleetDevice, stateOf, titleOf } from './fleet-device.js';
import { type FleetStore } from './fleet-store.js';

interface FleetMapViewProps {
  readonly store: FleetStore;
  readonly selected: FleetDevice | null;
  readonly onSelect: (imei: string | null) => void;
}

const AGE_EVERY_MS = 30_000;

type Holder = HTMLDivElement & { fleetMap?: FleetMap };

/** The map, when its file has been loaded. Without WebGL the list is all there is. */
export function FleetMapView({ store, selected, onSelect }: FleetMapViewProps) {
  const holder = useRef<Holder>(null);
  const [map, setMap] = useState<FleetMap | null>(null);
  const [failure, setFailure] = useState<Error | null>(null);
  const select = useRef(onSelect);
  const start = useRef(selected);
  useEffect(() => {
    select.current = onSelect;
  });
  useEffect(() => {
    const ending = new AbortController();
    let created: FleetMap | null = null;
    openMap(holder.current!, (imei) => select.current(imei), ending.signal).then(
      (opened) => {
        created = opened;
        follow(opened, store, ending.signal);
        if (start.current === null) {
          opened.fit(placesOf(store));
        }
        // Tests ask it what it draws.
        holder.current!.fleetMap = opened;
        setMap(opened);
      },
      (error: unknown) => ending.signal.aborted || setFailure(error instanceof Error ? error : new Error(String(error))),
    );
    return () => {
      ending.abort();
      created?.destroy();
    };
  }, [store]);
  const imei = selected?.imei;
  useEffect(() => {
    const position = imei === undefined ? null : store.find(imei)?.position;
    if (map && position) {
      map.flyTo([position.longitude, position.latitude]);
    }
  }, [map, store, imei]);
  return (
    <section class="fleet-map" aria-label="Map">
      {failure && <EmptyState title="The map can not be shown">{failure.message}. The list shows all devices.</EmptyState>}
      <div ref={holder} class="fleet-map-canvas" hidden={failure !== null} />
    </section>
  );
}

async function openMap(container: HTMLElement, onSelect: (imei: string | null) => void, signal: AbortSignal): Promise<FleetMap> {
  const { FleetMap: Opened } = await import('../../map/fleet-map.js');
  signal.throwIfAborted();
  const { mapFile, mapStyleUrl } = session.peek()!.features;
  return Opened.create(container, { hasStreets: mapFile, styleUrl: mapStyleUrl, onSelect }, signal);
}

function follow(map: FleetMap, store: FleetStore, signal: AbortSignal): void {
  const show = (device: FleetDevice): void => {
    const mark = markOf(device);
    if (mark) {
      map.show(mark);
    }
  };
  signal.addEventListener('abort', store.onChange(show));
  // A device becomes stale by what does not happen.
  const timer = window.setInterval(() => store.all().forEach(show), AGE_EVERY_MS);
  signal.addEventListener('abort', () => window.clearInterval(timer));
  store.all().forEach(show);
}

function markOf(device: FleetDevice): Mark | null {
  const { imei, position } = device;
  return (
    position && {
      imei,
      title: titleOf(device),
      state: stateOf(device, Date.now()),
      place: [position.longitude, position.latitude],
    }
  );
}

function placesOf(store: FleetStore): (readonly [number, number])[] {
  return store.all().flatMap(({ position }) => (position ? [[position.longitude, position.latitude] as const] : []));
}
