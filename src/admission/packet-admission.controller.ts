import { Controller } from '@nestjs/common';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';
import { DEVICE_PACKET, type DevicePacket } from '../transport/patterns.js';
import { TeltonikaContext } from '../transport/teltonika.context.js';
import { DeviceAdmission } from './device-admission.js';

/** Decides for the transport whether a device may send by UDP, where it does not log in. */
@Controller()
export class PacketAdmissionController {
  constructor(private readonly admission: DeviceAdmission) {}

  @MessagePattern(DEVICE_PACKET)
  admits(@Payload() { imei }: DevicePacket, @Ctx() { remoteAddress }: TeltonikaContext): Promise<boolean> {
    return this.admission.admits(imei, remoteAddress);
  }
}
