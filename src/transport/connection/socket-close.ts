import { type Socket } from 'node:net';

/** After the last byte was written a peer gets this long to close its side; then the socket is destroyed. */
const LINGER_MS = 2_000;

/**
 * Closes a socket so that the peer can read what was written. Reading on (and dropping it) is part of that: closing with
 * unread bytes would reset the connection, and a reset can take the last acknowledgement out of the device's hands.
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
