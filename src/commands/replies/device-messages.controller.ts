import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ImeiParam } from '../../platform/http/request-values.js';
import { DeviceMessageDto, type DeviceMessageListDto, DeviceMessageQuery } from './device-message.dto.js';
import { DeviceMessagesRepository } from './device-messages.repository.js';

@ApiTags('Commands')
@Controller()
export class DeviceMessagesController {
  constructor(private readonly messages: DeviceMessagesRepository) {}

  /** What a device sent unasked, newest first. */
  @Get('devices/:imei/messages')
  async list(@Param() { imei }: ImeiParam, @Query() { limit, cursor }: DeviceMessageQuery): Promise<DeviceMessageListDto> {
    const { rows, hasMore } = await this.messages.list(imei, cursor ?? null, limit);
    return {
      success: true,
      imei,
      count: rows.length,
      messages: rows.map((message) => DeviceMessageDto.from(message)),
      nextCursor: hasMore ? (rows.at(-1)?.messageId ?? null) : null,
    };
  }
}
