import { signal } from '@preact/signals';

/** Of GET /api/v1/log/devices/IMEI/bytes. */
export interface TracedChunk {
  readonly instance: string;
  readonly number: number;
  readonly at: string;
  readonly direction: 'in' | 'out';
  readonly remoteAddress: string;
  readonly size: number;
  readonly hex: string;
}

export interface TracedBytes {
  readonly chunks: readonly TracedChunk[];
}

/** A frame of 1 kB takes 64 lines of the screen. */
const MAX_SHOWN = 100;

/** The newest chunks that were read, each once. */
export class TracedChunks {
  /** The newest first. */
  readonly newest = signal<readonly TracedChunk[]>([]);
  /** By instance, the greatest number that was read: also of chunks that were cleared. */
  private readonly read = new Map<string, number>();

  add(chunks: readonly TracedChunk[]): void {
    const added = chunks.filter(({ instance, number }) => number > (this.read.get(instance) ?? 0));
    if (added.length === 0) {
      return;
    }
    added.forEach(({ instance, number }) => this.read.set(instance, Math.max(number, this.read.get(instance) ?? 0)));
    this.newest.value = [...this.newest.value, ...added]
      .sort((one, other) => Date.parse(other.at) - Date.parse(one.at) || other.number - one.number)
      .slice(0, MAX_SHOWN);
  }

  clear(): void {
    this.newest.value = [];
  }
}
