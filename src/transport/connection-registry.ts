import { Injectable } from '@nestjs/common';
import { type LiveConnection } from './live-connection.js';

/** The logged-in connections of this instance, one per IMEI. */
@Injectable()
export class ConnectionRegistry {
  private readonly byImei = new Map<string, LiveConnection>();

  get size(): number {
    return this.byImei.size;
  }

  find(imei: string): LiveConnection | null {
    return this.byImei.get(imei) ?? null;
  }

  all(): IterableIterator<[imei: string, connection: LiveConnection]> {
    return this.byImei.entries();
  }

  /** Keeps the connection with the newer login. Returns the other one, which the caller closes, or null. */
  register(imei: string, connection: LiveConnection): LiveConnection | null {
    const present = this.byImei.get(imei) ?? null;
    if (present && present.epoch > connection.epoch) {
      return connection;
    }
    this.byImei.set(imei, connection);
    return present;
  }

  /** Closes the connection of a device that has logged in on another instance, with this epoch. */
  endOlderThan(imei: string, epoch: number): void {
    const connection = this.byImei.get(imei);
    if (connection && connection.epoch < epoch) {
      connection.end('replaced');
    }
  }

  /** Has no effect when another connection has replaced this one. */
  unregister(imei: string, connection: LiveConnection): void {
    if (this.byImei.get(imei) === connection) {
      this.byImei.delete(imei);
    }
  }
}
