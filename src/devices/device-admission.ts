import { Injectable } from '@nestjs/common';
import { AdmissionSettings } from '../platform/config/settings.js';
import { RefusedLogins } from './refused-logins.js';
import { SessionsRepository } from './sessions.repository.js';

/** Whether a device may talk, for what comes without a login. A login asks in the statement that opens its session. */
@Injectable()
export class DeviceAdmission {
  constructor(
    private readonly sessions: SessionsRepository,
    private readonly refused: RefusedLogins,
    private readonly settings: AdmissionSettings,
  ) {}

  async admits(imei: string, address: string): Promise<boolean> {
    const refusal = await this.sessions.findRefusal(imei, address, this.settings.DEVICE_ADMISSION === 'registered');
    if (refusal !== null) {
      this.refused.note(imei, address, refusal);
    }
    return refusal === null;
  }
}
