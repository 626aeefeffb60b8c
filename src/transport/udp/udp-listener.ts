import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { decodeUdpDatagram } from '../../protocol/udp-channel.js';
import { withoutIPv4Prefix } from '../peer-address.js';
import { RateLimiter } from '../limits/rate-limiter.js';
import { type ConnectionEnvironment } from '../connection/connection-environment.js';
import { UdpExchange, type UdpSender } from './udp-exchange.js';

/** For bursts while the event loop is busy. The system limits it to `net.core.rmem_max`. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;
/** Memory of a packet in progress besides its bytes. Without it a flood of the smallest packets would use many times the byte budget. */
const PACKET_OVERHEAD_BYTES = 1_024;

/**
 * The device port for UDP. The packets of a datagram are stored, and each is answered after its commit. No state is kept: when an answer is lost
 * and the device sends again, the stored records are found in the table. UDP has no back-pressure, so datagrams above the limits are dropped.
 */
export class UdpListener {
  private readonly socket: Socket;
  private readonly exchange: UdpExchange;
  /** Source addresses can be forged, but this stops a flood from one address for the cost of one look-up. */
  private readonly rateLimiter: RateLimiter;
  private readonly inProgress = new Set<Promise<unknown>>();
  private isClosing = false;

  constructor(
    private readonly environment: ConnectionEnvironment,
    private readonly udpPort: number,
  ) {
    this.socket = createSocket(isIPv6(environment.options.host) ? 'udp6' : 'udp4');
    this.rateLimiter = new RateLimiter(environment.options.maxDatagramsPerSecond);
    this.exchange = new UdpExchange(environment, (answer, to) => this.send(answer, to));
    this.socket.on('message', (datagram, from) => this.receive(datagram, from));
  }

  get port(): number {
    return this.socket.address().port;
  }

  listen(callback: (error?: unknown) => void): void {
    this.socket.once('error', callback);
    this.socket.bind({ address: this.environment.options.host, port: this.udpPort }, () => {
      this.socket.off('error', callback);
      this.socket.on('error', (error) => void this.environment.logger.error(error));
      this.widenReceiveBuffer();
      callback();
    });
  }

  /** Drops new datagrams, waits until those in progress are stored and answered, then closes the port. */
  async close(timeoutMs: number): Promise<void> {
    if (this.isClosing) {
      return;
    }
    this.isClosing = true;
    const timer = new AbortController();
    const deadline = delay(timeoutMs, undefined, { signal: timer.signal }).catch(() => undefined);
    await Promise.race([Promise.all(this.inProgress), deadline]);
    timer.abort();
    await new Promise<void>((resolve) => this.socket.close(resolve));
  }

  private receive(datagram: Buffer, sender: RemoteInfo): void {
    const { budget, counters, options } = this.environment;
    counters.bytesReceived += datagram.length;
    counters.udp.datagrams++;
    const remoteAddress = withoutIPv4Prefix(sender.address);
    if (!this.rateLimiter.take(options.networkOf(remoteAddress))) {
      counters.udp.limited++;
      return;
    }
    // Before anything is decoded: a datagram above the limit must cost no more than being counted.
    if (this.isClosing || !budget.tryAcquire(datagram.length)) {
      counters.udp.dropped++;
      return;
    }
    const { packets, error } = decodeUdpDatagram(datagram);
    const packetBytes = packets.length * PACKET_OVERHEAD_BYTES;
    if (!budget.tryAcquire(packetBytes)) {
      budget.release(datagram.length);
      counters.udp.dropped++;
      return;
    }
    const done = this.exchange.handle(datagram, packets, error, { sender, remoteAddress }).finally(() => {
      budget.release(datagram.length + packetBytes);
      this.inProgress.delete(done);
    });
    this.inProgress.add(done);
  }

  /** Sends from the port to the address that the packet came from, so that the answer passes through a NAT. */
  private send(answer: Buffer, { sender }: UdpSender): Promise<void> {
    return new Promise((resolve, reject) =>
      this.socket.send(answer, sender.port, sender.address, (error) => (error ? reject(error) : resolve())),
    );
  }

  private widenReceiveBuffer(): void {
    try {
      this.socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
    } catch {
      // The default size stays in use.
    }
  }
}
