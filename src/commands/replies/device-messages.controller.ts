import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '../../platform/http/open-api-decorators.js';
import { ID_CURSOR } from '../../platform/database/page-cursor.js';
import { ImeiParam } from '../../platform/http/request-values.js';
import { DeviceMessageDto, type DeviceMessageListDto, DeviceMessageQuery } from './device-message.dto.js';
import { DeviceMessagesRepository } from './device-messages.repository.js';

@ApiTags('Commands')
@Controller()
export class DeviceMessagesController {
  constructor(private readonly messages: DeviceMessagesRepository) {}

  /** What a device sent unasked, newest first. */
  @Get('devices/:imei/messages')
  @ApiOperation({ operationId: 'listDeviceMessages' })
  async list(@Param() { imei }: ImeiParam, @Query() { limit, cursor }: DeviceMessageQuery): Promise<DeviceMessageListDto> {
    const page = await this.messages.list(imei, cursor === undefined ? null : ID_CURSOR.decode(cursor).id, limit);
    return {
      success: true,
      imei,
      count: page.rows.length,
      messages: page.rows.map((message) => DeviceMessageDto.from(message)),
      nextCursor: ID_CURSOR.next(page, ({ messageId: id }) => ({ id })),
    };
  }
}
