import { type OutboxEvent } from '../platform/outbox/outbox.service.js';
import { type Command } from './command.js';

/** What the host is told of a command. Names of the old gateway's bodies are kept; the others are added. */

export function commandCompleted(command: Command): OutboxEvent {
  const { imei, response, metadata, commandLogId, late, attempts } = command;
  const body = {
    identified: true,
    imei,
    command: command.command,
    response,
    metadata,
    command_log_id: commandLogId,
    late,
    attempts,
  };
  return { type: 'command.completed', imei, body };
}

export function commandFailed(command: Command): OutboxEvent {
  const { imei, metadata, commandLogId, reason, response, attempts } = command;
  const body = { command_log_id: commandLogId, imei, command: command.command, metadata, reason, response, attempts };
  return { type: 'command.failed', imei, body };
}

export function commandRetried(command: Command): OutboxEvent {
  const { imei, metadata, commandLogId, attempts } = command;
  return {
    type: 'command.retried',
    imei,
    body: { command_log_id: commandLogId, imei, command: command.command, metadata, attempt: attempts },
  };
}
