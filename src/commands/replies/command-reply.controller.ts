import { Controller } from '@nestjs/common';
import { Ctx, EventPattern, MessagePattern, Payload } from '@nestjs/microservices';
import { DEVICE_CONNECTED, DEVICE_MESSAGE, type DeviceConnected, type DeviceMessageFrame } from '../../transport/patterns.js';
import { TeltonikaContext } from '../../transport/teltonika.context.js';
import { CommandMetrics } from '../command-metrics.js';
import { CommandReconnect } from '../dispatch/command-reconnect.js';
import { CommandReplies } from './command-replies.js';
import { SECOND_MS } from '../../platform/time-units.js';

/** Messages and connections of devices, from the transport. */
@Controller()
export class CommandReplyController {
  constructor(
    private readonly replies: CommandReplies,
    private readonly reconnect: CommandReconnect,
    private readonly metrics: CommandMetrics,
  ) {}

  @MessagePattern(DEVICE_MESSAGE)
  async message(@Payload() frame: DeviceMessageFrame, @Ctx() context: TeltonikaContext): Promise<void> {
    const begun = performance.now();
    const { imei, connectionId, epoch } = context;
    await this.replies.take({ imei, connectionId, epoch, frame });
    this.metrics.observeMatching((performance.now() - begun) / SECOND_MS);
  }

  @EventPattern(DEVICE_CONNECTED)
  connected(@Payload() { imei, connectionId }: DeviceConnected): void {
    this.reconnect.resume(imei, connectionId);
  }
}
