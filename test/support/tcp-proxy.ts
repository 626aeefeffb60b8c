import { setTimeout as delay } from 'node:timers/promises';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export type Direction = 'to-target' | 'to-client';

/** How long some bytes are held back, in milliseconds. */
export type Delay = (bytes: Buffer, direction: Direction) => number;

/** Stands between two programs. While it is cut nothing passes and neither side is notified: as in a network partition. */
export class TcpProxy {
  private readonly pairs = new Set<readonly [Socket, Socket]>();
  /** Also those whose other side is closed. */
  private readonly sockets = new Set<Socket>();
  private isCut = false;
  private delay: Delay = () => 0;
  private pieceBytes = Infinity;

  private constructor(
    private readonly server: Server,
    private target: { host: string; port: number },
  ) {
    server.on('connection', (socket) => this.join(socket));
  }

  static async to(host: string, port: number): Promise<TcpProxy> {
    const server = createServer({ allowHalfOpen: true });
    const proxy = new TcpProxy(server, { host, port });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Where new connections go from now on. */
  retarget(port: number): void {
    this.target = { ...this.target, port };
  }

  cut(): void {
    this.isCut = true;
    this.pairs.forEach((pair) => pair.forEach((socket) => socket.pause()));
  }

  mend(): void {
    this.isCut = false;
    this.pairs.forEach((pair) => pair.forEach((socket) => socket.resume()));
  }

  /** Ends every connection there is, with a reset on both sides. */
  reset(): void {
    this.pairs.forEach((pair) => pair.forEach((socket) => socket.resetAndDestroy()));
  }

  /** Closes every connection to the target; the clients are not notified and get no answer. */
  halfOpen(): void {
    for (const pair of this.pairs) {
      const [client, server] = pair;
      this.pairs.delete(pair);
      client.removeAllListeners('data').removeAllListeners('end').resume();
      server.removeAllListeners('close').resetAndDestroy();
      client.once('close', () => this.sockets.delete(client));
      this.sockets.delete(server);
    }
  }

  /** Holds bytes back, in their order. */
  slowDown(delay: Delay): void {
    this.delay = delay;
  }

  /** Passes on at most this number of bytes at a time. */
  split(pieceBytes: number): void {
    this.pieceBytes = pieceBytes;
  }

  async close(): Promise<void> {
    this.sockets.forEach((socket) => socket.destroy());
    await new Promise((resolve) => this.server.close(resolve));
  }

  private join(client: Socket): void {
    const server = connect({ ...this.target, allowHalfOpen: true, noDelay: true });
    client.setNoDelay(true);
    const pair = [client, server] as const;
    this.pairs.add(pair);
    for (const socket of pair) {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    }
    this.forward(client, server, 'to-target');
    this.forward(server, client, 'to-client');
    if (this.isCut) {
      pair.forEach((socket) => socket.pause());
    }
  }

  private forward(from: Socket, to: Socket, direction: Direction): void {
    let last: Promise<void> | null = null;
    // Only what has to wait, or comes behind what waits, leaves the straight way.
    const inOrder = (work: () => void | Promise<void>, delayMs: number): void => {
      if (last === null && delayMs === 0) {
        void work();
        return;
      }
      const mine: Promise<void> = (last ?? Promise.resolve()).then(() => wait(delayMs)).then(work);
      last = mine;
      void mine.then(() => {
        last = last === mine ? null : last;
      });
    };
    from.on('data', (bytes: Buffer) => {
      const { pieceBytes } = this;
      if (bytes.length <= pieceBytes) {
        inOrder(() => void to.write(bytes), this.delay(bytes, direction));
        return;
      }
      for (let start = 0; start < bytes.length; start += pieceBytes) {
        // A turn of the event loop apart: the other side reads them one by one.
        inOrder(() => void to.write(bytes.subarray(start, start + pieceBytes)), start === 0 ? this.delay(bytes, direction) : 1);
      }
    });
    from.on('end', () => inOrder(() => void to.end(), 0));
    from.on('error', () => to.destroy());
    from.on('close', () => {
      to.destroy();
      this.pairs.forEach((pair) => pair.includes(from) && this.pairs.delete(pair));
    });
  }
}

async function wait(delayMs: number): Promise<void> {
  if (delayMs > 0) {
    await delay(delayMs);
  }
}
