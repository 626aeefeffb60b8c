import { type Frame } from '../../protocol/frame-splitter.js';

export interface ConnectionEvents {
  /** The device may send: its login was accepted, or the transport has no login. */
  ready(): void;
  acknowledged(count: number): void;
  message(frame: Frame): void;
  /** The connection is lost, ready or not. It reconnects automatically. */
  lost(): void;
  isAwaitingAcknowledgement(): boolean;
}

/** The connection of a device to its server, over any number of sockets. */
export interface Connection {
  /** Set by the device before open(). */
  events: ConnectionEvents;
  readonly isReady: boolean;
  open(): void;
  /** @param bytes a whole frame. */
  send(bytes: Buffer): void;
  /** The server has acknowledged a frame: the next attempt after a loss is immediate again. */
  confirmWorking(): void;
  /** Closes immediately, and reconnects by the schedule, or after `waitMs`. */
  drop(waitMs?: number): void;
  /** Leaves the connection open but dead, as a mobile network does, and reconnects later. */
  goHalfOpen(): void;
  /** Closes without reconnecting. No event follows. */
  close(): Promise<void>;
}

export const NO_EVENTS: ConnectionEvents = {
  ready: () => undefined,
  acknowledged: () => undefined,
  message: () => undefined,
  lost: () => undefined,
  isAwaitingAcknowledgement: () => false,
};
