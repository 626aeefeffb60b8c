import { MINUTE_MS } from '../time-units.js';

const WINDOW_MS = MINUTE_MS;
const PEERS_REMEMBERED = 10_000;

interface Window {
  readonly begunAt: number;
  lines: number;
  leftOut: number;
}

export interface LeftOut {
  readonly peer: string;
  readonly count: number;
}

/**
 * Limits the log lines about one peer: up to `linesAMinute` are written per peer and minute, the rest are counted. One broken or hostile
 * address or device must not fill the disk or hide the lines about the others.
 */
export class PeerLogLimiter {
  /** Ordered by the start of their minute. */
  private readonly windows = new Map<string, Window>();
  private readonly over: LeftOut[] = [];

  constructor(
    private readonly linesAMinute: number,
    private readonly now: () => number = () => performance.now(),
    private readonly peersRemembered = PEERS_REMEMBERED,
  ) {}

  /** Whether a line about these peers (an address and a device, say) may be written. */
  admit(peers: readonly string[]): boolean {
    this.endWindows();
    const windows = peers.map((peer) => this.windowOf(peer));
    const full = windows.find(({ lines }) => lines >= this.linesAMinute);
    if (full) {
      full.leftOut++;
      return false;
    }
    windows.forEach((window) => window.lines++);
    return true;
  }

  /** Returns the peers whose minute is over, with the number of lines left out. Each is returned once. */
  takeLeftOut(): LeftOut[] {
    this.endWindows();
    return this.over.splice(0);
  }

  get isEmpty(): boolean {
    return this.windows.size === 0 && this.over.length === 0;
  }

  private windowOf(peer: string): Window {
    const known = this.windows.get(peer);
    if (known) {
      return known;
    }
    const [oldest] = this.windows.keys();
    if (oldest !== undefined && this.windows.size >= this.peersRemembered) {
      this.end(oldest);
    }
    const window = { begunAt: this.now(), lines: 0, leftOut: 0 };
    this.windows.set(peer, window);
    return window;
  }

  private endWindows(): void {
    const before = this.now() - WINDOW_MS;
    for (const [peer, { begunAt }] of this.windows) {
      if (begunAt > before) {
        return;
      }
      this.end(peer);
    }
  }

  private end(peer: string): void {
    const count = this.windows.get(peer)?.leftOut ?? 0;
    this.windows.delete(peer);
    if (count > 0) {
      this.over.push({ peer, count });
    }
  }
}
