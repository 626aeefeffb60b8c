import { Body, Controller, Delete, Get, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '../../platform/http/open-api-decorators.js';
import { ApiProblem } from '../../platform/http/api-route.js';
import { Actor, type AuditActor } from '../audit/audit-actor.js';
import { RequireScope } from '../route-access.decorator.js';
import { CreateKeyDto } from './create-key.dto.js';
import { type KeyAnswerDto, KeyDto, KeyIdParam, type KeyListDto, type KeyMadeDto } from './key.dto.js';
import { KeysService } from './keys.service.js';

@ApiTags('Keys and audit')
@Controller('keys')
@RequireScope('admin')
export class KeysController {
  constructor(private readonly keys: KeysService) {}

  /** Makes a key. The answer is the only place where it is ever shown. */
  @Post()
  @ApiOperation({ operationId: 'createKey' })
  @ApiProblem(409, 'KEY_NAME_TAKEN, TOO_MANY_KEYS')
  async create(@Body() dto: CreateKeyDto, @Actor() actor: AuditActor): Promise<KeyMadeDto> {
    const { key, secret } = await this.keys.create(dto, actor);
    return { success: true, key: KeyDto.from(key), secret };
  }

  /** All keys but those of IOT_API_KEY; revoked ones last. */
  @Get()
  @ApiOperation({ operationId: 'listKeys' })
  async list(): Promise<KeyListDto> {
    const keys = await this.keys.list();
    return { success: true, count: keys.length, keys: keys.map((key) => KeyDto.from(key)) };
  }

  /** Revokes a key. It stops working within seconds on every instance. */
  @Delete(':id')
  @ApiOperation({ operationId: 'revokeKey' })
  @ApiProblem(404, 'KEY_NOT_FOUND')
  async revoke(@Param() { id }: KeyIdParam, @Actor() actor: AuditActor): Promise<KeyAnswerDto> {
    return { success: true, key: KeyDto.from(await this.keys.revoke(id, actor)) };
  }
}
