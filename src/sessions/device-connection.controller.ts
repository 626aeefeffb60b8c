import { Controller } from '@nestjs/common';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';
import {
  DEVICE_DISCONNECTED,
  DEVICE_LOGIN,
  type DeviceDisconnected,
  type DeviceLogin,
  type LoginOutcome,
} from '../transport/patterns.js';
import { TeltonikaContext } from '../transport/teltonika.context.js';
import { SessionsService } from './sessions.service.js';

/** Handles the transport's messages about logins and closed connections. */
@Controller()
export class DeviceConnectionController {
  constructor(private readonly sessions: SessionsService) {}

  @MessagePattern(DEVICE_LOGIN)
  admit(@Payload() { imei, connectedAt, remotePort }: DeviceLogin, @Ctx() context: TeltonikaContext): Promise<LoginOutcome> {
    const { connectionId, remoteAddress } = context;
    return this.sessions.logIn({ imei, connectionId, connectedAt, remoteAddress, remotePort });
  }

  @MessagePattern(DEVICE_DISCONNECTED)
  disconnected(@Payload() end: DeviceDisconnected, @Ctx() _context: TeltonikaContext): Promise<void> {
    return this.sessions.disconnected(end);
  }
}
