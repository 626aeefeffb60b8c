import { connect, type Socket } from 'node:net';
import { type AttackCounts } from './attack.js';

const ACCEPTED = 0x01;
const REFUSED = 0x00;

export interface PeerOptions {
  readonly onConnected: (socket: Socket) => void;
  readonly onAccepted?: (socket: Socket) => void;
  /** The connection is closed, by either side. */
  readonly onGone: (socket: Socket) => void;
}

/** Opens a connection and counts what becomes of it. */
export function openPeer(port: number, counts: AttackCounts, { onConnected, onAccepted, onGone }: PeerOptions): Socket {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true, allowHalfOpen: true });
  let answered = false;
  socket.once('connect', () => {
    counts.opened++;
    counts.held++;
    socket.once('close', () => counts.held--);
    onConnected(socket);
  });
  socket.on('data', (bytes: Buffer) => {
    if (!answered) {
      answered = true;
      counts.accepted += bytes[0] === ACCEPTED ? 1 : 0;
      counts.refused += bytes[0] === REFUSED ? 1 : 0;
      if (bytes[0] === ACCEPTED) {
        onAccepted?.(socket);
      }
    }
  });
  socket.once('end', () => {
    counts.closed++;
    socket.destroy();
  });
  socket.on('error', () => counts.failed++);
  socket.once('close', () => onGone(socket));
  return socket;
}
