import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { decodeUdpDatagram } from '../../protocol/udp-channel.js';
import { withoutIPv4Prefix } from '../peer-address.js';
import { RateLimiter } from '../limits/rate-limiter.js';
import { type ConnectionEnvironment } from '../connection/connection-environment.js';
import { UdpExchange, type UdpSender } from './udp-exchange.js';

/** For a burst while the event loop is busy; the system gives as much of it as `net.core.rmem_max` allows. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;
/** What a packet costs while it is held, besides its bytes: without it a flood of the smallest ones would hold many times the budget. */
const PACKET_OVERHEAD_BYTES = 1_024;

/**
 * The device port for UDP. A datagram is read, its packets are stored, each is answered after its commit, and nothing of it is kept: who
 * sends again because the answer was lost is answered from the table. There is no backpressure in UDP, so what comes over the mark is dropped.
 */
export class UdpListener {
  private readonly socket: Socket;
  private readonly exchange: UdpExchange;
  /** A source address is a claim, but a flood from one is stopped here at the cost of a look-up. */
  private readonly rate: RateLimiter;
  private readonly underWay = new Set<Promise<unknown>>();
  private closing = false;

  constructor(
    private readonly environment: ConnectionEnvironment,
    private readonly udpPort: number,
  ) {
    this.socket = createSocket(isIPv6(environment.options.host) ? 'udp6' : 'udp4');
    this.rate = new RateLimiter(environment.options.maxDatagramsPerSecond);
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

  /** Looks at no further datagram, lets those that were read be stored and answered, then lets go of the port. */
  async close(timeoutMs: number): Promise<void> {
    if (this.closing) {
      return;
    }
    this.closing = true;
    const patience = new AbortController();
    const deadline = delay(timeoutMs, undefined, { signal: patience.signal }).catch(() => undefined);
    await Promise.race([Promise.all(this.underWay), deadline]);
    patience.abort();
    await new Promise<void>((resolve) => this.socket.close(resolve));
  }

  private receive(datagram: Buffer, sender: RemoteInfo): void {
    const { budget, counters, options } = this.environment;
    counters.bytesReceived += datagram.length;
    counters.udp.datagrams++;
    const remoteAddress = withoutIPv4Prefix(sender.address);
    if (!this.rate.take(options.networkOf(remoteAddress))) {
      counters.udp.limited++;
      return;
    }
    // Before anything is decoded: a flood over the mark must cost no more than being counted.
    if (this.closing || !budget.tryAcquire(datagram.length)) {
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
    const done = this.exchange.take(datagram, packets, error, { sender, remoteAddress }).finally(() => {
      budget.release(datagram.length + packetBytes);
      this.underWay.delete(done);
    });
    this.underWay.add(done);
  }

  /** From the port and to the very address the packet came from: that is the way back through a NAT. */
  private send(answer: Buffer, { sender }: UdpSender): Promise<void> {
    return new Promise((resolve, reject) =>
      this.socket.send(answer, sender.port, sender.address, (error) => (error ? reject(error) : resolve())),
    );
  }

  private widenReceiveBuffer(): void {
    try {
      this.socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
    } catch {
      // The system's own size it is, then.
    }
  }
}
