import { HttpStatus, Injectable, Logger } from '@nestjs/common';
import { type AuditActor } from '../../access/audit/audit-actor.js';
import { ApiSettings } from '../../platform/config/settings.js';
import { isDatabaseUnavailable } from '../../platform/database/database-errors.js';
import { DomainError, InvalidInputError } from '../../platform/errors/errors.js';
import { internalProblem, problemOf, type ProblemAnswer } from '../../platform/http/problem.filter.js';
import { parseJsonMessage } from '../../platform/http/request-limits.js';
import { memberSource } from '../../platform/json/json-source.js';
import { validEntry } from '../bulk/bulk-commands.js';
import { type AcceptedCommand, type CommandRequest, CommandsService } from '../commands.service.js';
import { IDEMPOTENCY_KEY } from '../create-command.dto.js';
import { preferredWaitSeconds } from '../waiting/preferred-wait.js';
import { WaitingRequests } from '../waiting/waiting-requests.js';

/** A command that comes as a message, not as an HTTP request. */
export interface CommandMessage {
  /** The device that the address of the message names. */
  readonly imei: string;
  /** The JSON of POST command. `imei` may be absent. */
  readonly body: Buffer;
  /** Sent beside the body. Undefined: `idempotencyKey` of the body. */
  readonly messageId: string | undefined;
  /** As the header Prefer. */
  readonly prefer: string | undefined;
  /** Keys of idempotency and waiting messages are those of its name. */
  readonly actor: AuditActor;
}

/** What POST command would have answered. */
export interface CommandAnswer {
  readonly status: number;
  readonly body: object;
}

/** A message that has been stored as a command, or refused: it must not be delivered again. */
export interface TakenMessage {
  readonly answer: CommandAnswer;
  /** With `Prefer: wait=N`: how the command stands when it has ended, or after N seconds. Null: the message does not wait. */
  readonly end: Promise<CommandAnswer | null>;
}

/** The body of a request, or a message with a command, exceeds `API_BODY_LIMIT_BYTES`. */
class MessageTooLargeError extends DomainError {
  override readonly name = 'MessageTooLargeError';
  readonly code = 'PAYLOAD_TOO_LARGE';
  readonly httpStatus = HttpStatus.PAYLOAD_TOO_LARGE;

  constructor(limit: number) {
    super(`The message must be at most ${limit} bytes (API_BODY_LIMIT_BYTES)`);
  }
}

/** Takes commands from messages as POST command takes them from requests: the same checks, ledger and audit. */
@Injectable()
export class CommandMessages {
  private readonly logger = new Logger(CommandMessages.name);

  constructor(
    private readonly commands: CommandsService,
    private readonly waiting: WaitingRequests,
    private readonly api: ApiSettings,
  ) {}

  /**
   * Resolves after the commit, or with the refusal. Rejects only while the database is not available: the message can be taken again then, with the
   * same result. A message without an id is refused: nothing would distinguish it from one that is delivered again.
   */
  async take(message: CommandMessage): Promise<TakenMessage> {
    try {
      return await this.store(this.requestOf(message), message);
    } catch (error) {
      if (isDatabaseUnavailable(error)) {
        throw error;
      }
      return { answer: this.refusalOf(error, message), end: Promise.resolve(null) };
    }
  }

  private store(request: CommandRequest, { prefer, actor }: CommandMessage): Promise<TakenMessage> {
    const seconds = preferredWaitSeconds(prefer);
    return new Promise((resolve, reject) => {
      const waited = this.waiting.storeAndWait({ seconds, apiKey: actor.keyName, response: null }, async (awaitedBy) => {
        const command = await this.commands.create({ ...request, awaitedBy }, actor);
        resolve({ answer: accepted(command), end: endOf(command) });
        return command;
      });
      const endOf = async (command: AcceptedCommand): Promise<CommandAnswer | null> => {
        const { outcome } = await waited;
        return outcome === null ? null : accepted({ ...command, ...outcome });
      };
      waited.catch(reject);
    });
  }

  /** Throws InvalidInputError, MessageTooLargeError. */
  private requestOf({ imei, body, messageId }: CommandMessage): CommandRequest {
    if (body.length > this.api.API_BODY_LIMIT_BYTES) {
      throw new MessageTooLargeError(this.api.API_BODY_LIMIT_BYTES);
    }
    const value = parseJsonMessage(body);
    const { idempotencyKey: keyOfBody, ...dto } = validEntry({ imei, ...value });
    if (dto.imei !== imei) {
      throw new InvalidInputError('imei must be that of the topic, or absent');
    }
    const metadata = memberSource(body.toString('utf8'), 'metadata');
    return { dto, metadata, idempotencyKey: idempotencyKeyOf(messageId, keyOfBody) };
  }

  private refusalOf(error: unknown, { actor }: CommandMessage): CommandAnswer {
    if (error instanceof DomainError) {
      return answerOf(problemOf(error));
    }
    this.logger.error(error, { requestId: actor.requestId });
    return answerOf(internalProblem());
  }
}

/** Throws InvalidInputError. */
function idempotencyKeyOf(messageId: string | undefined, keyOfBody: string | undefined): string {
  const key = messageId ?? keyOfBody;
  if (key === undefined) {
    throw new InvalidInputError('The message must have an id: a user property message-id, or idempotencyKey in its body');
  }
  if (!IDEMPOTENCY_KEY.test(key)) {
    throw new InvalidInputError('message-id must be 1 to 200 printable ASCII characters without blanks');
  }
  if (keyOfBody !== undefined && keyOfBody !== key) {
    throw new InvalidInputError('message-id and idempotencyKey must be the same when both are given');
  }
  return key;
}

function accepted({ isConnected, commandLogId, status, ...outcome }: AcceptedCommand): CommandAnswer {
  const { isRepeat: _isRepeat, ...rest } = outcome;
  const message = isConnected ? 'Command sent' : 'Command queued';
  return {
    status: isConnected ? HttpStatus.OK : HttpStatus.ACCEPTED,
    body: { success: true, message, commandLogId, status, ...rest },
  };
}

function answerOf({ status, problem }: ProblemAnswer): CommandAnswer {
  return { status, body: problem };
}
