import { type Frame } from '../../protocol/frame-splitter.js';

export interface ConnectionEvents {
  /** The login, where there is one, was accepted: the device may send. */
  ready(): void;
  acknowledged(count: number): void;
  message(frame: Frame): void;
  /** The connection, ready or not, is gone. It comes back by itself. */
  lost(): void;
  isAwaitingAcknowledgement(): boolean;
}

/** A device's way to its server. */
export interface Connection {
  /** Set by the device before open(). */
  events: ConnectionEvents;
  readonly isReady: boolean;
  open(): void;
  /** @param bytes a whole frame. */
  send(bytes: Buffer): void;
  /** The server works: the next attempt after a loss is immediate again. */
  confirmWorking(): void;
  /** Gives up what is under way and comes back by its schedule, or after `waitMs`. */
  drop(waitMs?: number): void;
  /** As when a mobile network forgets it. */
  goHalfOpen(): void;
  /** For good. No event follows. */
  close(): Promise<void>;
}

export const NO_EVENTS: ConnectionEvents = {
  ready: () => undefined,
  acknowledged: () => undefined,
  message: () => undefined,
  lost: () => undefined,
  isAwaitingAcknowledgement: () => false,
};
