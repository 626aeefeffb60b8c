import { HttpStatus, Injectable, Logger } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { type AuditActor } from '../../access/audit/audit-actor.js';
import { isDatabaseUnavailable } from '../../platform/database/database-errors.js';
import { DomainError, InvalidInputError } from '../../platform/errors/errors.js';
import { inputReasons, MAX_ERROR_CHARACTERS, shorten } from '../../platform/http/problem.filter.js';
import { type AcceptedCommand, type CommandRequest, CommandsService } from '../commands.service.js';
import { BulkCommandEntryDto, type BulkCommandResultDto } from './bulk-commands.dto.js';

/** An entry of a request, as it came. */
export interface BulkEntry {
  readonly value: unknown;
  /** JSON text of the entry's metadata. */
  readonly metadata: string | null;
}

/** Puts many commands into the ledger, each with a result of its own. All of them join the same batches of the intake. */
@Injectable()
export class BulkCommands {
  private readonly logger = new Logger(BulkCommands.name);

  constructor(private readonly commands: CommandsService) {}

  /** In the order of the entries. Rejects when every entry has failed for a reason that is not its sender's. */
  async create(entries: readonly BulkEntry[], actor: AuditActor): Promise<BulkCommandResultDto[]> {
    const prepared = await Promise.allSettled(entries.map(async (entry) => this.commands.prepare(requestOf(entry), actor)));
    // All in one turn, so that the entries of a device keep their order: the check of a guard takes longer than none.
    const settled = await Promise.allSettled(
      prepared.map((each) =>
        each.status === 'fulfilled' ? this.commands.submit(each.value) : Promise.reject(each.reason as Error),
      ),
    );
    const failures = settled.filter((each) => each.status === 'rejected').map(({ reason }): unknown => reason);
    const faults = failures.filter((reason) => !(reason instanceof DomainError));
    if (faults.length === entries.length) {
      throw faults[0];
    }
    const bug = faults.find((reason) => !isDatabaseUnavailable(reason));
    if (bug !== undefined) {
      this.logger.error(bug, { requestId: actor.requestId });
    }
    return settled.map((each) => (each.status === 'fulfilled' ? accepted(each.value) : refused(each.reason)));
  }
}

/** Throws InvalidInputError. */
function requestOf({ value, metadata }: BulkEntry): CommandRequest {
  const { idempotencyKey, ...dto } = validEntry(value);
  return { dto, metadata, idempotencyKey: idempotencyKey ?? null };
}

/** Throws InvalidInputError. The same validation as that of a request's body. */
export function validEntry(value: unknown): BulkCommandEntryDto {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidInputError('An entry of commands must be an object');
  }
  const entry = plainToInstance(BulkCommandEntryDto, value);
  const errors = validateSync(entry, { whitelist: true, forbidNonWhitelisted: true });
  if (errors.length > 0) {
    throw new InvalidInputError(inputReasons(errors).join('; '));
  }
  return entry;
}

function accepted({ commandLogId, isConnected }: AcceptedCommand): BulkCommandResultDto {
  return { status: isConnected ? HttpStatus.OK : HttpStatus.ACCEPTED, commandLogId };
}

function refused(error: unknown): BulkCommandResultDto {
  if (error instanceof DomainError) {
    return { status: error.httpStatus, error: shorten(error.message, MAX_ERROR_CHARACTERS), code: error.code, ...error.details };
  }
  return isDatabaseUnavailable(error)
    ? {
        status: HttpStatus.SERVICE_UNAVAILABLE,
        error: 'The database is not available, try again',
        code: 'DATABASE_UNAVAILABLE',
      }
    : { status: HttpStatus.INTERNAL_SERVER_ERROR, error: 'Internal error', code: 'INTERNAL_ERROR' };
}
