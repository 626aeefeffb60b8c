import { connect, type Socket } from 'node:net';
import { drawInteger, type Random } from '../random.js';

export interface LinkEvents {
  connected(): void;
  data(chunk: Buffer): void;
  /** @param errorCode null when the server has closed the connection without an error. */
  closed(errorCode: string | null): void;
}

const MAX_PIECE_BYTES = 24;

/** One TCP connection of a device. */
export class DeviceLink {
  private readonly socket: Socket;
  private events: LinkEvents | null;
  /** Pieces that are not written yet, during a split write. */
  private pieces: Buffer[] = [];
  private errorCode: string | null = null;

  constructor(host: string, port: number, events: LinkEvents) {
    this.events = events;
    this.socket = connect({ host, port, noDelay: true });
    this.socket.on('connect', () => this.events?.connected());
    this.socket.on('data', (chunk) => this.events?.data(chunk));
    this.socket.on('error', (error: NodeJS.ErrnoException) => {
      this.errorCode = error.code ?? error.name;
    });
    this.socket.on('close', () => this.events?.closed(this.errorCode));
  }

  write(bytes: Buffer): void {
    if (this.pieces.length > 0) {
      this.pieces.push(bytes);
    } else {
      this.socket.write(bytes);
    }
  }

  /** Writes small pieces, each in its own turn of the event loop, so that the server reads them one by one. */
  writeInPieces(bytes: Buffer, random: Random): void {
    const isWriting = this.pieces.length > 0;
    for (let start = 0; start < bytes.length;) {
      const end = start + drawInteger(random, 1, MAX_PIECE_BYTES);
      this.pieces.push(bytes.subarray(start, end));
      start = end;
    }
    if (!isWriting) {
      this.writeNextPiece();
    }
  }

  /** Closes after the written bytes are sent. Pieces that are not written yet are dropped. No event follows. */
  close(): Promise<void> {
    this.events = null;
    this.pieces = [];
    if (this.socket.closed) {
      return Promise.resolve();
    }
    // Not end(): it waits until the server closes its side too.
    this.socket.destroySoon();
    return new Promise((resolve) => this.socket.once('close', () => resolve()));
  }

  /** Closes immediately, without sending the written bytes. No event follows. */
  drop(): void {
    this.events = null;
    this.pieces = [];
    this.socket.destroy();
  }

  /** Leaves the connection open but dead: nothing is read or written any more, and it is not closed. No event follows. */
  abandon(): void {
    this.events = null;
    this.pieces = [];
    this.socket.pause();
  }

  private writeNextPiece(): void {
    const piece = this.pieces[0];
    if (piece === undefined) {
      return;
    }
    this.socket.write(piece);
    setImmediate(() => {
      this.pieces.shift();
      this.writeNextPiece();
    });
  }
}
