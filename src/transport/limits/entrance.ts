import { type Socket } from 'node:net';
import { AddressRate } from './address-rate.js';
import { peerKeyOf } from './ip-address.js';
import { peerOf } from '../connection/peer.js';
import { type TransportCounters } from '../transport-counters.js';

export interface EntranceLimits {
  readonly maxConnections: number;
  /** 0: no bound. */
  readonly maxConnectionsPerAddress: number;
  /** Of one address in a second; 0: no bound. */
  readonly maxNewConnectionsPerSecond: number;
  readonly comesFromBalancer: (address: string) => boolean;
}

/** The place of one socket among those that are open. */
export class Entry {
  /** Its place went to a newer one. */
  crowdedOut = false;
  /** As whose it is counted. */
  peerKey: string | null = null;

  constructor(
    readonly socket: Socket,
    private readonly entrance: Entrance,
  ) {}

  /** Counts it as one of this address. False: the address has as many as it may, and this is not one of them. */
  comesFrom(address: string): boolean {
    return this.entrance.take(this, address);
  }

  /** The last bytes are on their way, for which a peer gets seconds: it makes room before all others. */
  closing(): void {
    this.entrance.makesRoom(this);
  }

  /** Its socket is gone. Told by who listens to the socket anyway: a listener more is 300 bytes for each idle device. */
  left(): void {
    this.entrance.leave(this);
  }

  /** A device has named itself: it no longer makes room for others. */
  loggedIn(): void {
    this.entrance.keep(this);
  }
}

/**
 * Who may come in: so many in all, and so many of one address. Who stands in the door without a login makes room, the oldest first, so
 * that a flood of silent connections takes no place from devices, from however many addresses it comes.
 */
export class Entrance {
  private readonly entries = new Set<Entry>();
  /** Without a login, the oldest first. */
  private readonly newcomers = new Set<Entry>();
  /** On their way out: a refused login held open by its peer would hold a place. */
  private readonly closing = new Set<Entry>();
  private readonly byPeerKey = new Map<string, number>();
  private readonly rate: AddressRate;

  constructor(
    private readonly limits: EntranceLimits,
    private readonly counters: TransportCounters,
  ) {
    this.rate = new AddressRate(limits.maxNewConnectionsPerSecond);
  }

  /** Null: the socket was turned away. Else `left` is to be called when it is gone. All that a balancer brings have its address: theirs is counted once it is known. */
  enter(socket: Socket): Entry | null {
    const entry = new Entry(socket, this);
    if (!this.mayEnter(entry, peerOf(socket).address)) {
      this.leave(entry);
      // No goodbye: a flood would leave one waiting socket in the system for each.
      socket.resetAndDestroy();
      return null;
    }
    this.entries.add(entry);
    this.newcomers.add(entry);
    this.counters.connectionsAccepted++;
    return entry;
  }

  private mayEnter(entry: Entry, address: string): boolean {
    if (!this.limits.comesFromBalancer(address)) {
      if (!this.rate.take(peerKeyOf(address), performance.now())) {
        this.counters.connectionsRefusedByRate++;
        return false;
      }
      if (!this.take(entry, address)) {
        return false;
      }
    }
    const hasRoom = this.makeRoom();
    this.counters.connectionsRefused += hasRoom ? 0 : 1;
    return hasRoom;
  }

  take(entry: Entry, address: string): boolean {
    const peerKey = peerKeyOf(address);
    const count = this.byPeerKey.get(peerKey) ?? 0;
    const { maxConnectionsPerAddress: most } = this.limits;
    if (most > 0 && count >= most) {
      this.counters.connectionsRefusedByAddress++;
      return false;
    }
    entry.peerKey = peerKey;
    this.byPeerKey.set(peerKey, count + 1);
    return true;
  }

  keep(entry: Entry): void {
    this.newcomers.delete(entry);
  }

  makesRoom(entry: Entry): void {
    this.newcomers.delete(entry);
    this.closing.add(entry);
  }

  private makeRoom(): boolean {
    if (this.entries.size < this.limits.maxConnections) {
      return true;
    }
    const [ending] = this.closing;
    const [oldest] = this.newcomers;
    const entry = ending ?? oldest;
    if (!entry) {
      return false;
    }
    if (entry !== ending) {
      entry.crowdedOut = true;
      this.counters.connectionsCrowdedOut++;
    }
    this.leave(entry);
    entry.socket.destroy();
    return true;
  }

  leave(entry: Entry): void {
    this.entries.delete(entry);
    this.newcomers.delete(entry);
    this.closing.delete(entry);
    const { peerKey } = entry;
    if (peerKey === null) {
      return;
    }
    entry.peerKey = null;
    const count = (this.byPeerKey.get(peerKey) ?? 0) - 1;
    if (count > 0) {
      this.byPeerKey.set(peerKey, count);
    } else {
      this.byPeerKey.delete(peerKey);
    }
  }
}
