import { Module } from '@nestjs/common';
import { DeviceLoginController } from './device-login.controller.js';
import { DevicesController } from './devices.controller.js';
import { DevicesService } from './devices.service.js';

@Module({
  controllers: [DevicesController, DeviceLoginController],
  providers: [DevicesService],
  exports: [DevicesService],
})
export class DevicesModule {}
