import { DomainError } from '../../platform/errors/errors.js';

/** The device is not connected and has no records. */
export class DeviceUnknownError extends DomainError {
  override readonly name = 'DeviceUnknownError';
  readonly code = 'DEVICE_UNKNOWN';
  readonly httpStatus = 404;

  constructor() {
    super('Device not known: it is not connected and has no records');
  }
}

/** The device is connected and has no records. */
export class NoTelemetryError extends DomainError {
  override readonly name = 'NoTelemetryError';
  readonly code = 'NO_TELEMETRY';
  readonly httpStatus = 404;

  constructor() {
    super('The device has no records yet');
  }
}
