import { Controller } from '@nestjs/common';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';
import {
  DEVICE_DISCONNECTED,
  DEVICE_LOGIN,
  DEVICE_PACKET,
  type DeviceDisconnected,
  type DeviceLogin,
  type DevicePacket,
  type LoginOutcome,
} from '../transport/patterns.js';
import { TeltonikaContext } from '../transport/teltonika.context.js';
import { DevicesService } from './devices.service.js';

/** What the transport tells of devices that come and go. */
@Controller()
export class DeviceConnectionController {
  constructor(private readonly devices: DevicesService) {}

  @MessagePattern(DEVICE_LOGIN)
  admit(@Payload() { imei, connectedAt, remotePort }: DeviceLogin, @Ctx() context: TeltonikaContext): Promise<LoginOutcome> {
    const { connectionId, remoteAddress } = context;
    return this.devices.logIn({ imei, connectionId, connectedAt, remoteAddress, remotePort });
  }

  @MessagePattern(DEVICE_PACKET)
  admitsPacket(@Payload() { imei }: DevicePacket, @Ctx() { remoteAddress }: TeltonikaContext): Promise<boolean> {
    return this.devices.admits(imei, remoteAddress);
  }

  @MessagePattern(DEVICE_DISCONNECTED)
  disconnected(@Payload() end: DeviceDisconnected, @Ctx() _context: TeltonikaContext): Promise<void> {
    return this.devices.disconnected(end);
  }
}
