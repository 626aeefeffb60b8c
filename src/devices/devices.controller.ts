import { Controller, Get, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ImeiParam } from '../platform/http/imei.param.js';
import { StatsRegistry } from '../platform/observability/stats-registry.js';
import { type DeviceAnswerDto, type DeviceListDto } from './device.dto.js';
import { DevicesService } from './devices.service.js';
import { type StatsDto } from './stats.dto.js';

@ApiTags('Devices')
@Controller()
export class DevicesController {
  constructor(
    private readonly devices: DevicesService,
    private readonly stats: StatsRegistry,
  ) {}

  /** All connected devices. */
  @Get('devices')
  list(): DeviceListDto {
    const devices = this.devices.listConnected();
    return { success: true, count: devices.length, devices };
  }

  /** One connected device. 404 when it is not connected. */
  @Get('devices/:imei')
  get(@Param() { imei }: ImeiParam): DeviceAnswerDto {
    return { success: true, device: this.devices.getConnected(imei) };
  }

  /** Counters and memory of the gateway. */
  @Get('stats')
  readStats(): StatsDto {
    return {
      success: true,
      authenticatedDevices: this.devices.connectedCount,
      uptime: process.uptime(),
      memoryUsage: { ...process.memoryUsage() },
      ...(this.stats.read() as Pick<StatsDto, 'transport'>),
    };
  }
}
