import { Controller, Get, Param } from '@nestjs/common';
import { ApiOperation, ApiTags } from '../platform/http/open-api-decorators.js';
import { ApiProblem } from '../platform/http/api-route.js';
import { ImeiParam } from '../platform/http/request-values.js';
import { StatsRegistry } from '../platform/observability/status-registries.js';
import { type DeviceAnswerDto, type DeviceListDto } from './device.dto.js';
import { SessionsService } from './sessions.service.js';
import { type StatsDto } from './stats.dto.js';

@ApiTags('Devices')
@Controller()
export class DevicesController {
  constructor(
    private readonly sessions: SessionsService,
    private readonly stats: StatsRegistry,
  ) {}

  /** All connected devices, whichever instance holds them. */
  @Get('devices')
  @ApiOperation({ operationId: 'listDevices' })
  async list(): Promise<DeviceListDto> {
    const devices = await this.sessions.listConnected();
    return { success: true, count: devices.length, devices };
  }

  /** One connected device. 404 when it is not connected to any instance. */
  @Get('devices/:imei')
  @ApiOperation({ operationId: 'getDevice' })
  @ApiProblem(404, 'DEVICE_NOT_CONNECTED')
  async get(@Param() { imei }: ImeiParam): Promise<DeviceAnswerDto> {
    return { success: true, device: await this.sessions.getConnected(imei) };
  }

  /** Devices of the cluster, counters and memory of the instance that answers, and all instances. */
  @Get('stats')
  @ApiOperation({ operationId: 'getStats' })
  async readStats(): Promise<StatsDto> {
    const { connected, instances } = await this.sessions.readCluster();
    return {
      success: true,
      authenticatedDevices: connected,
      uptime: process.uptime(),
      memoryUsage: { ...process.memoryUsage() },
      ...(this.stats.read() as Pick<StatsDto, 'transport'>),
      instances: instances.map(({ name: instance, ...rest }) => ({ instance, ...rest })),
    };
  }
}
