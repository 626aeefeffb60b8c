import { type Socket } from 'node:net';

/** After the last byte was written a peer gets this long to close its side; then the socket is destroyed. */
const LINGER_MS = 2_000;

/**
 * Closes a socket so that the peer can read what was written. Reading on (and dropping it) is part of that: closing with
 * unread bytes would reset the connection, and a reset can take the last acknowledgement out of the device's hands.
 */
export function closeGracefully(socket: Socket): void {
  socket.end();
  socket.resume();
  const linger = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(linger));
}

/** Resolves when what was written has left, or when the socket is gone and it never will. */
export async function untilDrained(socket: Socket): Promise<void> {
  if (socket.destroyed) {
    return;
  }
  await new Promise<void>((resolve) => {
    const done = (): void => {
      socket.off('drain', done);
      socket.off('close', done);
      resolve();
    };
    socket.once('drain', done);
    socket.once('close', done);
  });
}
