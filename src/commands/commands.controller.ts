import {
  Body,
  Controller,
  Get,
  Headers,
  HttpCode,
  HttpStatus,
  Param,
  Post,
  Query,
  type RawBodyRequest,
  Req,
  Res,
  UseInterceptors,
} from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiBody,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '../platform/http/open-api-decorators.js';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { Actor, type AuditActor } from '../access/audit/audit-actor.js';
import { ApiProblem } from '../platform/http/api-route.js';
import { InvalidInputError } from '../platform/errors/errors.js';
import { JsonSourceInterceptor, memberSource } from '../platform/json/json-source.js';
import { RequireScope } from '../access/route-access.decorator.js';
import { ActionDto } from './actions/action.dto.js';
import { CommandCatalogue } from './catalogue/command-catalogue.js';
import { CommandCancellation } from './command-cancellation.js';
import { CommandIdParam, CommandQuery } from './command-query.dto.js';
import {
  CommandAcceptedDto,
  type CommandAnswerDto,
  type CommandCancelledDto,
  type CommandCatalogueDto,
  CommandDto,
  type CommandListDto,
} from './command.dto.js';
import { CommandsService } from './commands.service.js';
import { CreateCommandDto, IDEMPOTENCY_KEY } from './create-command.dto.js';
import { MAX_WAIT_SECONDS, preferredWaitSeconds } from './waiting/preferred-wait.js';
import { WaitingRequests } from './waiting/waiting-requests.js';

const PREFERENCE_APPLIED = {
  'Preference-Applied': {
    description: 'wait=N when the request has waited: N as it was asked for, at most 30. Absent when it was answered at once.',
    schema: { type: 'string' as const },
  },
};
const CONFLICTS =
  'IDEMPOTENCY_KEY_REUSED: the key was used for another command. GUARD_NOT_MET: mode is live, and the newest record of the device does not ' +
  'meet the guard; `facts` says what the record contains';
const REQUEST_EXAMPLES = {
  command: { summary: 'A text', value: { imei: '350612345678901', command: 'setdigout 1?', metadata: { job_id: '123' } } },
  action: {
    summary: 'An action',
    value: { imei: '350612345678901', action: 'output1-on', params: { timeoutSeconds: 10, maxSpeedKmh: 5 } },
  },
};

@ApiTags('Commands')
@Controller()
@UseInterceptors(JsonSourceInterceptor)
export class CommandsController {
  constructor(
    private readonly commands: CommandsService,
    private readonly cancellation: CommandCancellation,
    private readonly catalogue: CommandCatalogue,
    private readonly waiting: WaitingRequests,
  ) {}

  /**
   * Sends a command to a device: a text (`command`), or an action of the catalogue with its `params`. 200: the device is connected. 202: it is not
   * connected, and with mode=queue the command waits for it.
   */
  @Post('command')
  @ApiOperation({ operationId: 'sendCommand' })
  @ApiProblem(
    400,
    'UNKNOWN_ACTION: the catalogue has no such action. INVALID_PARAMS: its parameters are not as paramsSchema says',
  )
  @ApiProblem(404, 'DEVICE_NOT_CONNECTED: the device is not connected, and mode is live')
  @ApiProblem(409, CONFLICTS)
  @ApiProblem(413, 'METADATA_TOO_LARGE: metadata exceeds METADATA_MAX_BYTES')
  @ApiProblem(429, 'TOO_MANY_OPEN_COMMANDS: wait until some commands of the device have ended, or cancel them')
  @RequireScope('command')
  @ApiHeader({
    name: 'Idempotency-Key',
    schema: { type: 'string', pattern: IDEMPOTENCY_KEY.source },
    required: false,
    example: 'job-123',
    description:
      'For 24 hours, the same key and request give the same command back, another request 409. Belongs to the API key that sends it.',
  })
  @ApiBody({ type: CreateCommandDto, examples: REQUEST_EXAMPLES })
  @ApiHeader({
    name: 'Prefer',
    schema: { type: 'string' },
    required: false,
    example: 'wait=10',
    description: `wait=N (RFC 7240): answers when the command has ended, or after N seconds, at most ${MAX_WAIT_SECONDS}. See docs/guides/commands.md.`,
  })
  @ApiOkResponse({ type: CommandAcceptedDto, description: 'The device is connected', headers: PREFERENCE_APPLIED })
  @ApiAcceptedResponse({
    type: CommandAcceptedDto,
    description: 'The device is not connected; the command waits for it',
    headers: PREFERENCE_APPLIED,
  })
  async create(
    @Body() dto: CreateCommandDto,
    @Headers('idempotency-key') idempotencyKey: string | undefined,
    @Headers('prefer') prefer: string | undefined,
    @Req() request: RawBodyRequest<FastifyRequest>,
    @Actor() actor: AuditActor,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandAcceptedDto> {
    if (idempotencyKey !== undefined && !IDEMPOTENCY_KEY.test(idempotencyKey)) {
      throw new InvalidInputError('Idempotency-Key must be 1 to 200 printable ASCII characters without blanks');
    }
    const asked = { dto, metadata: metadataSource(request), idempotencyKey: idempotencyKey ?? null };
    const seconds = preferredWaitSeconds(prefer);
    const { command, outcome } = await this.waiting.storeAndWait(
      { seconds, apiKey: actor.keyId ?? actor.keyName, response: reply.raw },
      (awaitedBy) => this.commands.create({ ...asked, awaitedBy }, actor),
    );
    if (outcome !== null) {
      reply.header('preference-applied', `wait=${seconds}`);
    }
    const { commandLogId, status, isConnected } = command;
    reply.status(isConnected ? HttpStatus.OK : HttpStatus.ACCEPTED);
    return { success: true, message: isConnected ? 'Command sent' : 'Command queued', commandLogId, status, ...outcome };
  }

  /** Commands, newest first. */
  @Get('commands')
  @ApiOperation({ operationId: 'listCommands' })
  async list(@Query() query: CommandQuery): Promise<CommandListDto> {
    const { commands, nextCursor } = await this.commands.list(query);
    return { success: true, count: commands.length, commands: commands.map((command) => CommandDto.from(command)), nextCursor };
  }

  /** One command with its attempts. */
  @Get('commands/:id')
  @ApiOperation({ operationId: 'getCommand' })
  @ApiProblem(404, 'COMMAND_NOT_FOUND')
  async get(@Param() { id }: CommandIdParam): Promise<CommandAnswerDto> {
    const { command, ...attempts } = await this.commands.get(id);
    return { success: true, command: CommandDto.from(command), ...attempts };
  }

  /** Cancels a command that was not written yet. 409 when it was. */
  @Post('commands/:id/cancel')
  @ApiOperation({ operationId: 'cancelCommand' })
  @ApiProblem(404, 'COMMAND_NOT_FOUND')
  @ApiProblem(409, 'NOT_CANCELLABLE: it was written to the device, or has ended')
  @RequireScope('command')
  @HttpCode(HttpStatus.OK)
  async cancel(@Param() { id }: CommandIdParam, @Actor() actor: AuditActor): Promise<CommandCancelledDto> {
    return { success: true, command: CommandDto.from(await this.cancellation.cancel(id, actor)) };
  }

  /** The known commands with their replies, and the actions: built in, and from COMMAND_CATALOGUE_FILE. */
  @Get('command-catalogue')
  @ApiOperation({ operationId: 'getCommandCatalogue' })
  showCatalogue(): CommandCatalogueDto {
    const { definitions, actions } = this.catalogue;
    return {
      success: true,
      count: definitions.length,
      commands: [...definitions],
      actions: actions.map((action) => ActionDto.from(action, this.catalogue.definitionOf(action))),
    };
  }
}

/** The body was parsed and validated before; here it is read once more for the one member that is not ours to understand. */
function metadataSource({ rawBody }: RawBodyRequest<FastifyRequest>): string | null {
  return rawBody ? memberSource(rawBody.toString('utf8'), 'metadata') : null;
}
