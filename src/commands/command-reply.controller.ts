import { Controller } from '@nestjs/common';
import { Ctx, EventPattern, MessagePattern, Payload } from '@nestjs/microservices';
import { DEVICE_CONNECTED, DEVICE_MESSAGE, type DeviceConnected, type DeviceMessageFrame } from '../transport/patterns.js';
import { TeltonikaContext } from '../transport/teltonika.context.js';
import { CommandReconnect } from './command-reconnect.js';
import { CommandReplies } from './command-replies.js';

/** What the transport tells the command feature. */
@Controller()
export class CommandReplyController {
  constructor(
    private readonly replies: CommandReplies,
    private readonly reconnect: CommandReconnect,
  ) {}

  @MessagePattern(DEVICE_MESSAGE)
  async message(@Payload() frame: DeviceMessageFrame, @Ctx() context: TeltonikaContext): Promise<void> {
    await this.replies.take(context.imei, context.epoch, frame);
  }

  @EventPattern(DEVICE_CONNECTED)
  connected(@Payload() { imei, connectionId }: DeviceConnected): void {
    this.reconnect.resume(imei, connectionId);
  }
}
