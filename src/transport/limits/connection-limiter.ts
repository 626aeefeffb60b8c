import { type Socket } from 'node:net';
import { type PeerAddress, peerOf } from '../peer-address.js';
import { type TransportCounters } from '../transport-counters.js';
import { RateLimiter } from './rate-limiter.js';

export interface ConnectionLimits {
  readonly maxConnections: number;
  /** 0: no limit. */
  readonly maxConnectionsPerAddress: number;
  /** Per address; 0: no limit. */
  readonly maxNewConnectionsPerSecond: number;
  readonly networkOf: (address: string) => string;
  readonly comesFromBalancer: (address: string) => boolean;
}

/** A socket that the ConnectionLimiter has admitted, when the DeviceConnection begins. */
export interface AcceptedSocket {
  readonly slot: ConnectionSlot;
  /** The device's address behind a balancer, where it is known already; null where it is not, or where the peer is the device. */
  readonly source: PeerAddress | null;
  /** Whether a header of the PROXY protocol comes first. */
  readonly expectsProxyHeader: boolean;
  /** How much of the login timeout has passed already, in a TLS handshake. */
  readonly elapsedMs: number;
}

/** The slot that one open socket holds in the ConnectionLimiter. */
export class ConnectionSlot {
  /** The slot was given to a newer connection. */
  evicted = false;
  /** The network that the slot is counted for. */
  network: string | null = null;

  constructor(
    readonly socket: Socket,
    private readonly limiter: ConnectionLimiter,
  ) {}

  /** Counts the slot for this address. Returns false when the address already has `maxConnectionsPerAddress` connections. */
  assignAddress(address: string): boolean {
    return this.limiter.assignAddress(this, address);
  }

  /** A device has logged in: its slot is not evicted any more. */
  markLoggedIn(): void {
    this.limiter.markLoggedIn(this);
  }

  /** The connection only waits for its last bytes to be sent, which may take seconds: its slot is evicted before all others. */
  markClosing(): void {
    this.limiter.markClosing(this);
  }

  /** To be called when the socket is closed. The slot adds no listener of its own: that would cost 300 bytes for each idle device. */
  release(): void {
    this.limiter.release(this);
  }
}

/**
 * Limits open connections, in total and per address, and new connections per address and second. When all slots are taken, a new
 * connection evicts a closing one, else the oldest without a login. So a flood of silent connections takes no slot from a device,
 * from however many addresses it comes.
 */
export class ConnectionLimiter {
  private readonly slots = new Set<ConnectionSlot>();
  /** Slots without a login, the oldest first. */
  private readonly newcomers = new Set<ConnectionSlot>();
  /** Slots of connections that are closing, the oldest first. */
  private readonly closing = new Set<ConnectionSlot>();
  private readonly countByNetwork = new Map<string, number>();
  private readonly newConnections: RateLimiter;

  constructor(
    private readonly limits: ConnectionLimits,
    private readonly counters: TransportCounters,
  ) {
    this.newConnections = new RateLimiter(limits.maxNewConnectionsPerSecond);
  }

  /**
   * Returns the slot of a new socket, or null when the socket was rejected and reset. The caller releases the slot when the socket is
   * closed. A balancer's own address is not limited: `assignAddress` counts the connection once the device's address is known.
   */
  admit(socket: Socket): ConnectionSlot | null {
    const slot = new ConnectionSlot(socket, this);
    if (!this.isWithinLimits(slot, peerOf(socket).address)) {
      this.release(slot);
      this.counters.failedAttempts.note('too-many-connections', { remoteAddress: peerOf(socket).address });
      // A reset, not a FIN: a flood would leave one socket in TIME_WAIT for each connection.
      socket.resetAndDestroy();
      return null;
    }
    this.slots.add(slot);
    this.newcomers.add(slot);
    this.counters.connectionsAccepted++;
    return slot;
  }

  assignAddress(slot: ConnectionSlot, address: string): boolean {
    const network = this.limits.networkOf(address);
    const count = this.countByNetwork.get(network) ?? 0;
    const { maxConnectionsPerAddress } = this.limits;
    if (maxConnectionsPerAddress > 0 && count >= maxConnectionsPerAddress) {
      this.counters.connectionsRefusedByAddress++;
      return false;
    }
    slot.network = network;
    this.countByNetwork.set(network, count + 1);
    return true;
  }

  markLoggedIn(slot: ConnectionSlot): void {
    this.newcomers.delete(slot);
  }

  markClosing(slot: ConnectionSlot): void {
    this.newcomers.delete(slot);
    this.closing.add(slot);
  }

  release(slot: ConnectionSlot): void {
    this.slots.delete(slot);
    this.newcomers.delete(slot);
    this.closing.delete(slot);
    const { network } = slot;
    if (network === null) {
      return;
    }
    slot.network = null;
    const count = (this.countByNetwork.get(network) ?? 0) - 1;
    if (count > 0) {
      this.countByNetwork.set(network, count);
    } else {
      this.countByNetwork.delete(network);
    }
  }

  private isWithinLimits(slot: ConnectionSlot, address: string): boolean {
    if (!this.limits.comesFromBalancer(address)) {
      if (!this.newConnections.take(this.limits.networkOf(address))) {
        this.counters.connectionsRefusedByRate++;
        return false;
      }
      if (!this.assignAddress(slot, address)) {
        return false;
      }
    }
    const hasFreeSlot = this.slots.size < this.limits.maxConnections || this.evictOne();
    this.counters.connectionsRefused += hasFreeSlot ? 0 : 1;
    return hasFreeSlot;
  }

  private evictOne(): boolean {
    const [closing] = this.closing;
    const [oldest] = this.newcomers;
    const slot = closing ?? oldest;
    if (!slot) {
      return false;
    }
    if (slot !== closing) {
      slot.evicted = true;
      this.counters.connectionsEvicted++;
    }
    this.release(slot);
    slot.socket.destroy();
    return true;
  }
}
