import { type Socket } from 'node:net';
import { DEVICE_DISCONNECTED, type DeviceDisconnected } from '../patterns.js';
import { type TeltonikaContext } from '../teltonika.context.js';
import { type DisconnectReason } from '../transport-counters.js';
import { type ConnectionEnvironment } from './connection-environment.js';
import { type ConnectionState } from './connection-state.js';

/** After the last byte was written, the peer has this long to close its side. Then the socket is destroyed. */
const LINGER_MS = 2_000;

/** The connection is closing or closed. Only the close of the socket still matters; received bytes are dropped. */
export abstract class Ending implements ConnectionState {
  readonly device = null;

  constructor(
    readonly reason: DisconnectReason,
    /** To be released, or released already. */
    readonly session: TeltonikaContext | null,
  ) {}

  receive(): void {
    // Dropped.
  }

  peerEnded(): void {
    // The socket is closed without it.
  }

  idleTimeoutExpired(): void {
    // The linger timeout is shorter.
  }

  drain(): void {
    // Closing already.
  }

  leave(): void {
    // Nothing to release.
  }
}

/** What was written is sent, and the peer has LINGER_MS to read it. */
export class Closing extends Ending {}

/** The socket is closed. */
export class Closed extends Ending {
  constructor(
    reason: DisconnectReason,
    session: TeltonikaContext | null,
    /** Resolves when the session is released. */
    readonly released: Promise<void>,
  ) {
    super(reason, session);
  }
}

/**
 * Closes a socket so that the peer can read what was written. The socket is read on meanwhile, and what arrives is dropped: closing it with
 * unread bytes would reset the connection, and a reset can discard the last acknowledgement before the device has read it.
 */
export function closeGracefully(socket: Socket): void {
  if (socket.destroyed || socket.errored) {
    socket.destroy();
    return;
  }
  socket.end();
  socket.resume();
  const linger = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(linger));
}

/** Notifies the handler that the connection of an accepted device is closed. Resolves when the session is released; never rejects. */
export async function releaseSession(
  { callHandler }: ConnectionEnvironment,
  session: TeltonikaContext,
  reason: DisconnectReason,
): Promise<void> {
  const { imei, epoch } = session;
  try {
    await callHandler<unknown>(DEVICE_DISCONNECTED, { imei, epoch, reason } satisfies DeviceDisconnected, session);
  } catch {
    // The handler has logged its error. A session that was not released is released with those of its instance, at the latest.
  }
}
