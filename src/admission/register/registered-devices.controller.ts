import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Param, Post, Put, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '../../platform/http/open-api-decorators.js';
import { ApiProblem } from '../../platform/http/api-route.js';
import { Actor, type AuditActor } from '../../access/audit/audit-actor.js';
import { ImeiParam } from '../../platform/http/request-values.js';
import {
  BanDto,
  BulkRegistrationDto,
  ImeiPageQuery,
  RegisteredDevicesQuery,
  RegistrationDto,
} from './registered-devices-query.dto.js';
import { RegisteredDevicesService } from './registered-devices.service.js';
import {
  type BulkRegisteredDto,
  type DeviceRemovedDto,
  type RegisteredDeviceAnswerDto,
  type RegisteredDeviceListDto,
  type UnknownDeviceListDto,
} from './registered-device.dto.js';

@ApiTags('Admission')
@Controller()
export class RegisteredDevicesController {
  constructor(private readonly devices: RegisteredDevicesService) {}

  /** Registered and banned devices, in the order of their IMEIs. */
  @Get('registered-devices')
  @ApiOperation({ operationId: 'listRegisteredDevices' })
  async list(@Query() { status, cursor, limit }: RegisteredDevicesQuery): Promise<RegisteredDeviceListDto> {
    const { items, nextCursor } = await this.devices.list(status ?? null, cursor ?? '', limit);
    return { success: true, count: items.length, devices: items, nextCursor };
  }

  /** Registers up to 1,000 devices, all or none. Known ones are changed: a field that is left out keeps its value, null clears it. A ban stays. */
  @Post('registered-devices')
  @ApiOperation({ operationId: 'registerDevices' })
  @HttpCode(HttpStatus.OK)
  async registerAll(@Body() { devices }: BulkRegistrationDto, @Actor() actor: AuditActor): Promise<BulkRegisteredDto> {
    return { success: true, count: devices.length, created: await this.devices.registerAll(devices, actor) };
  }

  /** One registered or banned device. */
  @Get('registered-devices/:imei')
  @ApiOperation({ operationId: 'getRegisteredDevice' })
  @ApiProblem(404, 'DEVICE_NOT_REGISTERED')
  async get(@Param() { imei }: ImeiParam): Promise<RegisteredDeviceAnswerDto> {
    return { success: true, device: await this.devices.get(imei) };
  }

  /** Registers a device, or changes it: a field that is left out keeps its value, null clears it. A ban stays. */
  @Put('registered-devices/:imei')
  @ApiOperation({ operationId: 'registerDevice' })
  async register(
    @Param() { imei }: ImeiParam,
    @Body() dto: RegistrationDto,
    @Actor() actor: AuditActor,
  ): Promise<RegisteredDeviceAnswerDto> {
    return { success: true, device: await this.devices.register({ imei, ...dto }, actor) };
  }

  /** Removes a device from the register, including its ban. */
  @Delete('registered-devices/:imei')
  @ApiOperation({ operationId: 'removeRegisteredDevice' })
  @ApiProblem(404, 'DEVICE_NOT_REGISTERED')
  async remove(@Param() { imei }: ImeiParam, @Actor() actor: AuditActor): Promise<DeviceRemovedDto> {
    await this.devices.remove(imei, actor);
    return { success: true };
  }

  /** Bans a device, registered or not. Its connection is closed on any instance, and its logins are refused. */
  @Post('registered-devices/:imei/ban')
  @ApiOperation({ operationId: 'banDevice' })
  @HttpCode(HttpStatus.OK)
  async ban(
    @Param() { imei }: ImeiParam,
    @Body() { reason }: BanDto,
    @Actor() actor: AuditActor,
  ): Promise<RegisteredDeviceAnswerDto> {
    return { success: true, device: await this.devices.ban(imei, reason ?? null, actor) };
  }

  /** Ends a ban. The device becomes registered. */
  @Post('registered-devices/:imei/unban')
  @ApiOperation({ operationId: 'unbanDevice' })
  @ApiProblem(404, 'DEVICE_NOT_REGISTERED')
  @HttpCode(HttpStatus.OK)
  async unban(@Param() { imei }: ImeiParam, @Actor() actor: AuditActor): Promise<RegisteredDeviceAnswerDto> {
    return { success: true, device: await this.devices.unban(imei, actor) };
  }

  /** Devices that were refused because they are not registered: the last 10,000. */
  @Get('unknown-devices')
  @ApiOperation({ operationId: 'listUnknownDevices' })
  async listUnknown(@Query() { cursor, limit }: ImeiPageQuery): Promise<UnknownDeviceListDto> {
    const { items, nextCursor } = await this.devices.listUnknown(cursor ?? '', limit);
    return { success: true, count: items.length, devices: items, nextCursor };
  }
}
