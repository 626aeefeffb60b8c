import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { type AuditActor } from '../access/audit/audit-actor.js';
import { CommandSettings } from './commands.settings.js';
import { TIME_CURSOR } from '../platform/database/page-cursor.js';
import { canonicalJson } from './intake/canonical-json.js';
import { CommandCatalogue } from './catalogue/command-catalogue.js';
import { type CommandQuery } from './command-query.dto.js';
import { type Command, type CommandAttempt, type CommandStatus } from './command.js';
import {
  CommandDeviceNotConnectedError,
  CommandNotFoundError,
  GuardNotMetError,
  IdempotencyConflictError,
  MetadataTooLargeError,
  TooManyOpenCommandsError,
} from './commands.errors.js';
import { CommandsRepository } from './commands.repository.js';
import { requestedCommand } from './actions/requested-command.js';
import { type CreateCommandDto } from './create-command.dto.js';
import { commandGuard, type GuardResult } from './guards/guard.js';
import { GuardChecks } from './guards/guard-checks.js';
import { CommandIntake, MAX_OPEN_COMMANDS } from './intake/command-intake.js';
import { type IntakeAnswer, type IntakeRequest, type NewCommand } from './intake/intake-plan.js';

const DEFAULT_TTL_SECONDS = 86_400;

export interface CommandRequest {
  readonly dto: CreateCommandDto;
  /** JSON text that comes back with every event. */
  readonly metadata: string | null;
  readonly idempotencyKey: string | null;
  /** The instance where the request waits for the end. */
  readonly awaitedBy?: string | null;
}

export interface AcceptedCommand {
  readonly commandLogId: string;
  readonly status: CommandStatus;
  readonly isConnected: boolean;
  /** An earlier request with the same idempotency key has stored it. */
  readonly isRepeat: boolean;
}

export interface CommandWithAttempts {
  readonly command: Command;
  /** The newest ones, in their order. */
  readonly attempts: CommandAttempt[];
  readonly hasOlderAttempts: boolean;
}

export interface CommandPage {
  readonly commands: readonly Command[];
  readonly nextCursor: string | null;
}

/** Decides what becomes of a command the host asks for. */
@Injectable()
export class CommandsService {
  constructor(
    private readonly repository: CommandsRepository,
    private readonly intake: CommandIntake,
    private readonly catalogue: CommandCatalogue,
    private readonly settings: CommandSettings,
    private readonly guards: GuardChecks,
  ) {}

  /**
   * Puts a command into the ledger, and wakes the dispatcher of the instance that has the device.
   * Throws InvalidInputError, UnknownActionError, InvalidParamsError, MetadataTooLargeError, CommandDeviceNotConnectedError,
   * TooManyOpenCommandsError, IdempotencyConflictError, GuardNotMetError.
   */
  async create(request: CommandRequest, actor: AuditActor): Promise<AcceptedCommand> {
    return this.submit(await this.prepare(request, actor));
  }

  /**
   * Decides what is stored, and checks the guard of a live command. Throws InvalidInputError, UnknownActionError, InvalidParamsError,
   * MetadataTooLargeError.
   */
  async prepare(request: CommandRequest, actor: AuditActor): Promise<IntakeRequest> {
    const command = this.describe(request, actor);
    this.requireSmall(request.metadata);
    return { command, actor, unmetGuard: await this.unmetGuardOf(command) };
  }

  /** Requests that are submitted in one turn of the event loop keep their order. Throws the other errors of `create`. */
  async submit(request: IntakeRequest): Promise<AcceptedCommand> {
    const answer = await this.intake.submit(request);
    const { commandLogId, status, holder, isRepeat } = requireAccepted(answer);
    return { commandLogId, status, isConnected: holder !== null, isRepeat };
  }

  /** A guard that is not met refuses a live command; a queued one waits. */
  private async unmetGuardOf({ imei, mode, guard }: NewCommand): Promise<GuardResult | null> {
    if (guard === null || mode !== 'live') {
      return null;
    }
    const result = await this.guards.evaluate(imei, guard);
    return result.unmet.length > 0 ? result : null;
  }

  /** Throws CommandNotFoundError. */
  async get(commandLogId: string): Promise<CommandWithAttempts> {
    const command = await this.repository.find(commandLogId);
    if (!command) {
      throw new CommandNotFoundError(commandLogId);
    }
    const { rows, hasMore } = await this.repository.findAttempts(commandLogId);
    return { command, attempts: [...rows].reverse(), hasOlderAttempts: hasMore };
  }

  async list(query: CommandQuery): Promise<CommandPage> {
    const { imei = null, status = null, reason = null, from = null, to = null, limit } = query;
    const after = query.cursor === undefined ? null : TIME_CURSOR.decode(query.cursor);
    const page = await this.repository.list({ imei, status, reason, from, to, after, limit });
    const nextCursor = TIME_CURSOR.next(page, ({ createdAtUs, commandLogId }) => ({ timeUs: createdAtUs, id: commandLogId }));
    return { commands: page.rows, nextCursor };
  }

  private requireSmall(metadata: string | null): void {
    const bytes = Buffer.byteLength(metadata ?? '');
    const { METADATA_MAX_BYTES: limit } = this.settings;
    if (bytes > limit) {
      throw new MetadataTooLargeError(bytes, limit);
    }
  }

  private describe(
    { dto, metadata, idempotencyKey, awaitedBy = null }: CommandRequest,
    { keyId, keyName }: AuditActor,
  ): NewCommand {
    const { guard: actionGuard, ...requested } = requestedCommand(dto, this.catalogue);
    const silent = this.catalogue.isSilent(requested.command);
    // null stands for "not given", as in most hosts' JSON.
    const mode = dto.mode ?? 'live';
    const codec = dto.codec ?? 12;
    const timeoutSeconds = dto.timeoutSeconds ?? this.settings.IOT_COMMAND_TIMEOUT;
    // Written once: a device that receives a restart command twice restarts twice.
    const maxRetry = silent ? 0 : (dto.maxRetry ?? this.settings.DEFAULT_MAX_IOT_COMMAND_RETRY);
    return {
      imei: dto.imei,
      ...requested,
      codec,
      mode,
      silent,
      maxRetry,
      timeoutSeconds,
      replyShape: this.catalogue.shapeOf(requested.command),
      targets: this.catalogue.targetsOf(requested.command),
      lifeSeconds: mode === 'live' ? (maxRetry + 1) * timeoutSeconds : (dto.ttlSeconds ?? DEFAULT_TTL_SECONDS),
      postponedSeconds: dto.postponedSeconds ?? this.settings.COMMAND_POSTPONED_SECONDS,
      metadata,
      // A blank is in neither part. Two applications may use one key for two things.
      idempotencyKey: idempotencyKey === null ? null : `${keyId ?? keyName} ${idempotencyKey}`,
      requestHash: hashOf(dto, metadata),
      awaitedBy,
      guard: commandGuard(dto.guard ?? null, this.catalogue.find(requested.command)?.guard ?? null, actionGuard),
    };
  }
}

/** Throws CommandDeviceNotConnectedError, GuardNotMetError, TooManyOpenCommandsError, IdempotencyConflictError. */
function requireAccepted(answer: IntakeAnswer): IntakeAnswer & { readonly kind: 'accepted' } {
  switch (answer.kind) {
    case 'accepted':
      return answer;
    case 'key-reused':
      throw new IdempotencyConflictError();
    case 'not-connected':
      throw new CommandDeviceNotConnectedError();
    case 'guard-not-met':
      throw new GuardNotMetError(answer.result);
    case 'too-many-open':
      throw new TooManyOpenCommandsError(MAX_OPEN_COMMANDS);
  }
}

function given(fields: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined));
}

/** Of what the request says, not of its text: blanks, the order of members, and null in place of nothing make no other request. */
function hashOf(dto: CreateCommandDto, metadata: string | null): Buffer {
  const { metadata: _parsed, params, ...fields } = dto;
  const givenParams = given(params ?? {});
  const request = canonicalJson(
    JSON.stringify(given({ ...fields, params: Object.keys(givenParams).length > 0 ? givenParams : null })),
  );
  const hash = createHash('sha256').update(request);
  return hash.update(metadata === null || metadata === 'null' ? '' : canonicalJson(metadata)).digest();
}
