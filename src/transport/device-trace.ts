import { Injectable, Logger } from '@nestjs/common';

/** The device that sends or receives the bytes. */
export interface TracedConnection {
  readonly imei: string;
  readonly connectionId: string;
  readonly remoteAddress: string;
}

/** Bytes of a device under trace, as the socket has delivered or taken them. */
export interface TracedChunk extends TracedConnection {
  readonly direction: 'in' | 'out';
  readonly bytes: Buffer;
}

/** Logs every byte of the devices under trace, in hex. While no device is under trace it costs one comparison per chunk. */
@Injectable()
export class DeviceTrace {
  private isOn = false;
  private readonly logger = new Logger(DeviceTrace.name);
  private watched: ReadonlySet<string> = new Set();
  /** The one listener beside the log. It must not keep `bytes`. */
  onChunk: (chunk: TracedChunk) => void = () => undefined;

  /** Replaces the set of devices under trace. */
  watch(imeis: Iterable<string>): void {
    this.watched = new Set(imeis);
    this.isOn = this.watched.size > 0;
  }

  /** @param bytes one chunk of the socket, which may be less or more than one frame. */
  record(direction: 'in' | 'out', connection: TracedConnection | null, bytes: Buffer): void {
    if (this.isOn && connection && this.watched.has(connection.imei)) {
      const { imei, connectionId, remoteAddress } = connection;
      const hex = bytes.toString('hex');
      this.logger.log(`${imei} ${direction} ${bytes.length} bytes: ${hex}`, { imei, connectionId, remoteAddress, direction });
      this.onChunk({ imei, connectionId, remoteAddress, direction, bytes });
    }
  }
}
