import { Injectable, Logger } from '@nestjs/common';

/** Whose bytes they are. */
export interface TracedConnection {
  readonly imei: string;
  readonly connectionId: string;
  readonly remoteAddress: string;
}

/** Writes down every byte of the devices that somebody watches. While nobody is watched it costs one look at a boolean a chunk. */
@Injectable()
export class DeviceTrace {
  private isOn = false;
  private readonly logger = new Logger(DeviceTrace.name);
  private watched: ReadonlySet<string> = new Set();

  /** From now on these, and no others. */
  watch(imeis: Iterable<string>): void {
    this.watched = new Set(imeis);
    this.isOn = this.watched.size > 0;
  }

  /** @param bytes what the socket gave or takes: not always one whole frame. */
  see(direction: 'in' | 'out', connection: TracedConnection | null, bytes: Buffer): void {
    if (this.isOn && connection && this.watched.has(connection.imei)) {
      const { imei, connectionId, remoteAddress } = connection;
      const hex = bytes.toString('hex');
      this.logger.log(`${imei} ${direction} ${bytes.length} bytes: ${hex}`, { imei, connectionId, remoteAddress, direction });
    }
  }
}
