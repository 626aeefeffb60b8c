import { type LiveConnection } from '../transport/live-connection.js';

/** A connected device. */
export class DeviceDto {
  /** @example '350612345678901' */
  readonly imei!: string;
  /** When this connection was accepted. */
  readonly connectedAt!: Date;
  /** @example '127.0.0.1' */
  readonly remoteAddress!: string;
  /** @example 40112 */
  readonly remotePort!: number;
  /** Unique for each connection. */
  readonly connectionId!: string;
  /** When the last frame arrived, null before the first one. */
  readonly lastFrameAt!: Date | null;
  /** Records acknowledged on this connection. */
  readonly records!: number;

  static from(imei: string, connection: LiveConnection): DeviceDto {
    const { connectedAt, remoteAddress, remotePort, id: connectionId, lastFrameAt, records } = connection;
    return { imei, connectedAt, remoteAddress, remotePort, connectionId, lastFrameAt, records };
  }
}

export class DeviceListDto {
  readonly success!: true;
  readonly count!: number;
  readonly devices!: DeviceDto[];
}

export class DeviceAnswerDto {
  readonly success!: true;
  readonly device!: DeviceDto;
}
