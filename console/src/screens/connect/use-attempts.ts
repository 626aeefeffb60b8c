import { type ReadonlySignal, signal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { ApiError } from '../../api/api-error.js';
import { call } from '../../api/call.js';
import { type StreamEvent, useEvents } from '../../app/stream.js';
import { type Attempt, ConnectionAttempts, type PortStats } from './connection-attempts.js';

/** The instance that answers reports its own attempts at once; the others write theirs with each heartbeat. */
const EVERY_MS = 2_000;

interface ConnectedDevices {
  readonly devices: readonly { readonly imei: string; readonly connectedAt: string; readonly remoteAddress: string }[];
}

export interface Listening {
  readonly attempts: ReadonlySignal<readonly Attempt[]>;
  readonly connected: ReadonlySignal<number>;
  /** Why no answer has arrived. */
  readonly error: ReadonlySignal<ApiError | null>;
  /** The first read is done: what happens from now on is shown. */
  readonly isListening: ReadonlySignal<boolean>;
}

/** Watches the device port for as long as the component is shown. */
export function useAttempts(): Listening {
  const listener = useMemo(() => new Listener(), []);
  useEffect(() => {
    const ending = new AbortController();
    void listener.listen(ending.signal);
    return () => ending.abort();
  }, [listener]);
  useEvents((events) => listener.apply(events));
  return listener;
}

class Listener implements Listening {
  readonly attempts = signal<readonly Attempt[]>([]);
  readonly connected = signal(0);
  readonly error = signal<ApiError | null>(null);
  readonly isListening = signal(false);
  private readonly seen = new ConnectionAttempts();
  private known: ReadonlyMap<string, string> | null = null;

  async listen(running: AbortSignal): Promise<void> {
    while (!running.aborted) {
      try {
        await this.read(running);
        this.error.value = null;
        this.isListening.value = true;
      } catch (cause) {
        this.error.value = running.aborted ? null : ApiError.from(cause);
      }
      await new Promise((resolve) => window.setTimeout(resolve, EVERY_MS));
    }
  }

  /** A device that logs in and leaves between two reads is in the stream only. */
  apply(events: readonly StreamEvent[]): void {
    for (const { data } of events) {
      if (data.type === 'device.connected') {
        this.seen.loggedIn(data.imei, data.connectedAt, data.remoteAddress);
        this.attempts.value = this.seen.newest;
      }
    }
  }

  private async read(running: AbortSignal): Promise<void> {
    const [stats, { devices }] = await Promise.all([
      call<PortStats>({ path: '/api/v1/stats' }, running),
      call<ConnectedDevices>({ path: '/api/v1/devices' }, running),
    ]);
    this.seen.readStats(stats);
    for (const { imei, connectedAt, remoteAddress } of this.known ? devices : []) {
      if (this.known?.get(imei) !== connectedAt) {
        this.seen.loggedIn(imei, connectedAt, remoteAddress);
      }
    }
    this.known = new Map(devices.map(({ imei, connectedAt }) => [imei, connectedAt]));
    this.connected.value = devices.length;
    this.attempts.value = this.seen.newest;
  }
}
