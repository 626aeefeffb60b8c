import { type LiveConnection } from '../transport/live-connection.js';
import { type Session } from './session.js';

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
  /**
   * Unique for each connection.
   * @example '0d8f1f7e-6a51-4f0e-9b43-3a9c1f0b7a52'
   */
  readonly connectionId!: string;
  /**
   * Name of the instance that holds the connection.
   * @example 'iot-broker-7c9f4:1'
   */
  readonly instance!: string;
  /**
   * Id of that instance.
   * @example '7b0c2a4e-93d1-4c55-8f0e-2f6a1d9e4b10'
   */
  readonly instanceId!: string;
  /** Increases with every login of a device. */
  readonly epoch!: number;
  /** When the last frame arrived; null before the first one, and when the device is connected to another instance than the answering one. */
  readonly lastFrameAt!: Date | null;
  /** Records acknowledged on this connection; null when the device is connected to another instance than the answering one. */
  readonly records!: number | null;

  static from(session: Session, local: LiveConnection | null): DeviceDto {
    const { imei, connectedAt, remoteAddress, remotePort, connectionId, instance, instanceId, epoch } = session;
    const { lastFrameAt, records } = local?.epoch === epoch ? local : { lastFrameAt: null, records: null };
    return { imei, connectedAt, remoteAddress, remotePort, connectionId, instance, instanceId, epoch, lastFrameAt, records };
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
