import { Controller } from '@nestjs/common';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';
import { DEVICE_LOGIN, type DeviceLogin } from '../transport/patterns.js';
import { TeltonikaContext } from '../transport/teltonika.context.js';
import { DevicesService } from './devices.service.js';

@Controller()
export class DeviceLoginController {
  constructor(private readonly devices: DevicesService) {}

  @MessagePattern(DEVICE_LOGIN)
  admit(@Payload() { imei }: DeviceLogin, @Ctx() _context: TeltonikaContext): boolean {
    return this.devices.admits(imei);
  }
}
