import { Body, Controller, Headers, HttpCode, HttpStatus, Post, type RawBodyRequest, Req } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiResponse, ApiTags } from '../../platform/http/open-api-decorators.js';
import { type FastifyRequest } from 'fastify';
import { Actor, type AuditActor } from '../../access/audit/audit-actor.js';
import { RequireScope } from '../../access/route-access.decorator.js';
import { InvalidInputError } from '../../platform/errors/errors.js';
import { elementSources, memberSource } from '../../platform/json/json-source.js';
import { BulkCommands, type BulkEntry } from './bulk-commands.js';
import { BulkCommandsAnswerDto, BulkCommandsDto } from './bulk-commands.dto.js';

const REQUEST_EXAMPLES = {
  queued: {
    summary: 'Two devices',
    value: {
      commands: [
        { imei: '350612345678901', command: 'setdigout 1?', mode: 'queue', idempotencyKey: 'job-123-1' },
        { imei: '350612345678902', command: 'setdigout 1?', metadata: { job_id: '123' } },
      ],
    },
  },
};
const ANSWER_EXAMPLE = {
  success: true,
  count: 2,
  accepted: 1,
  results: [
    { status: 202, commandLogId: '1207' },
    { status: 404, error: 'Device not connected', code: 'DEVICE_NOT_CONNECTED' },
  ],
};

@ApiTags('Commands')
@Controller()
export class BulkCommandsController {
  constructor(private readonly commands: BulkCommands) {}

  /**
   * Sends up to 1,000 commands. Each entry has the fields of POST command and a result of its own: a refused entry does not refuse the others. Prefer
   * has no effect. For the rate limit this is one request.
   */
  @Post('commands')
  @ApiOperation({ operationId: 'sendCommands' })
  @RequireScope('command')
  @HttpCode(HttpStatus.MULTI_STATUS)
  @ApiBody({ type: BulkCommandsDto, examples: REQUEST_EXAMPLES })
  @ApiResponse({
    status: HttpStatus.MULTI_STATUS,
    description: 'Every entry has been decided: see results',
    type: BulkCommandsAnswerDto,
    example: ANSWER_EXAMPLE,
  })
  async create(
    @Body() { commands }: BulkCommandsDto,
    @Headers('idempotency-key') idempotencyKey: string | undefined,
    @Req() request: RawBodyRequest<FastifyRequest>,
    @Actor() actor: AuditActor,
  ): Promise<BulkCommandsAnswerDto> {
    if (idempotencyKey !== undefined) {
      throw new InvalidInputError('Idempotency-Key has no meaning for many commands: give each entry an idempotencyKey');
    }
    const results = await this.commands.create(entriesOf(commands, request), actor);
    const accepted = results.filter(({ commandLogId }) => commandLogId !== undefined).length;
    return { success: true, count: results.length, accepted, results };
  }
}

/** With the text of their metadata, which is passed on as it came. */
function entriesOf(values: readonly unknown[], { rawBody }: RawBodyRequest<FastifyRequest>): BulkEntry[] {
  const texts = elementSources(memberSource(rawBody?.toString('utf8') ?? '', 'commands') ?? '[]');
  return values.map((value, index) => ({ value, metadata: metadataOf(texts[index]) }));
}

function metadataOf(text: string | undefined): string | null {
  return text?.startsWith('{') === true ? memberSource(text, 'metadata') : null;
}
