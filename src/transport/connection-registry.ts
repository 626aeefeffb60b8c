import { Injectable } from '@nestjs/common';
import { type LiveConnection } from './live-connection.js';

/** The logged-in connections of this instance, one for each IMEI. */
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

  /** The newest login wins: returns the connection that has lost its place, or never gets one, for the caller to close. */
  register(imei: string, connection: LiveConnection): LiveConnection | null {
    const present = this.byImei.get(imei) ?? null;
    if (present && present.epoch > connection.epoch) {
      return connection;
    }
    this.byImei.set(imei, connection);
    return present;
  }

  /** The device has logged in elsewhere, with this epoch. */
  endOlderThan(imei: string, epoch: number): void {
    const connection = this.byImei.get(imei);
    if (connection && connection.epoch < epoch) {
      connection.end('replaced');
    }
  }

  /** A connection that was replaced in the meantime changes nothing by its late close. */
  unregister(imei: string, connection: LiveConnection): void {
    if (this.byImei.get(imei) === connection) {
      this.byImei.delete(imei);
    }
  }
}
