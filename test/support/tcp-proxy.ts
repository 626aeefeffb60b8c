import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Stands between two programs. While it is cut nothing passes, and nobody is told: as when a cable is pulled. */
export class TcpProxy {
  private readonly pairs = new Set<readonly [Socket, Socket]>();
  private isCut = false;

  private constructor(
    private readonly server: Server,
    private readonly target: { host: string; port: number },
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

  cut(): void {
    this.isCut = true;
    this.pairs.forEach((pair) => pair.forEach((socket) => socket.pause()));
  }

  mend(): void {
    this.isCut = false;
    this.pairs.forEach((pair) => pair.forEach((socket) => socket.resume()));
  }

  async close(): Promise<void> {
    this.pairs.forEach((pair) => pair.forEach((socket) => socket.destroy()));
    await new Promise((resolve) => this.server.close(resolve));
  }

  private join(client: Socket): void {
    const server = connect({ ...this.target, allowHalfOpen: true });
    const pair = [client, server] as const;
    this.pairs.add(pair);
    this.forward(client, server);
    this.forward(server, client);
    if (this.isCut) {
      pair.forEach((socket) => socket.pause());
    }
  }

  private forward(from: Socket, to: Socket): void {
    from.on('data', (bytes: Buffer) => to.write(bytes));
    from.on('end', () => to.end());
    from.on('error', () => to.destroy());
    from.on('close', () => {
      to.destroy();
      this.pairs.forEach((pair) => pair.includes(from) && this.pairs.delete(pair));
    });
  }
}
