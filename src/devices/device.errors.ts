import { DomainError } from '../platform/errors/domain-error.js';

export class DeviceNotConnectedError extends DomainError {
  override readonly name = 'DeviceNotConnectedError';
  readonly code = 'DEVICE_NOT_CONNECTED';
  readonly httpStatus = 404;

  constructor() {
    super('Device not connected');
  }
}
