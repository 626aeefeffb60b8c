import { DomainError } from '../platform/errors/domain-error.js';

export class DeviceNotRegisteredError extends DomainError {
  override readonly name = 'DeviceNotRegisteredError';
  readonly code = 'DEVICE_NOT_REGISTERED';
  readonly httpStatus = 404;

  constructor() {
    super('Device not registered');
  }
}
