import { Injectable } from '@nestjs/common';
import { TooManyStreamsError } from './stream.errors.js';
import { StreamSettings } from './stream.settings.js';

/** How many streams are open, in all and for each key. A place is taken before the stream opens, so that requests that arrive together do not exceed the limit. */
@Injectable()
export class StreamPlaces {
  refusedInAll = 0;
  refusedOfKey = 0;
  private taken = 0;
  private readonly ofKeys = new Map<string, number>();

  constructor(private readonly settings: StreamSettings) {}

  get open(): number {
    return this.taken;
  }

  /** Returns what gives the place back. Throws TooManyStreamsError. */
  take(key: string): () => void {
    const { STREAM_MAX_CONNECTIONS: max, STREAM_MAX_CONNECTIONS_PER_KEY: maxOfKey } = this.settings;
    const ofKey = this.ofKeys.get(key) ?? 0;
    if (this.taken >= max) {
      this.refusedInAll++;
      throw new TooManyStreamsError('STREAM_MAX_CONNECTIONS', max);
    }
    if (ofKey >= maxOfKey) {
      this.refusedOfKey++;
      throw new TooManyStreamsError('STREAM_MAX_CONNECTIONS_PER_KEY', maxOfKey);
    }
    this.taken++;
    this.ofKeys.set(key, ofKey + 1);
    let isTaken = true;
    return () => {
      if (isTaken) {
        isTaken = false;
        this.giveBack(key);
      }
    };
  }

  private giveBack(key: string): void {
    this.taken--;
    const left = (this.ofKeys.get(key) ?? 1) - 1;
    if (left === 0) {
      this.ofKeys.delete(key);
    } else {
      this.ofKeys.set(key, left);
    }
  }
}
