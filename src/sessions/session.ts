import { DomainError } from '../platform/errors/errors.js';
import { type DisconnectReason } from '../transport/transport-counters.js';

/** A device that logs in. */
export interface SessionOpening {
  readonly imei: string;
  readonly connectionId: string;
  readonly connectedAt: Date;
  readonly remoteAddress: string;
  readonly remotePort: number;
}

/** A session that its connection releases. */
export interface SessionEnd {
  readonly imei: string;
  readonly epoch: number;
  readonly reason: DisconnectReason;
}

/** The cluster's record that a device is connected. */
export interface Session extends SessionOpening {
  readonly epoch: number;
  readonly instanceId: string;
  /** Name of the instance. */
  readonly instance: string;
}

export class DeviceNotConnectedError extends DomainError {
  override readonly name = 'DeviceNotConnectedError';
  readonly code = 'DEVICE_NOT_CONNECTED';
  readonly httpStatus = 404;

  constructor() {
    super('Device not connected');
  }
}
