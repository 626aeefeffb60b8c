import { type OutboxEvent } from '../platform/outbox/outbox.service.js';
import { JsonSource } from '../platform/json/json-source.js';
import { type Command } from './command.js';

/** What the host is told of a command. Names of the old gateway's bodies are kept; the others are added. `command.retried` is told by the claim. */

export function commandCompleted(command: Command): OutboxEvent {
  const { imei, response, commandLogId, late, attempts } = command;
  const metadata = metadataOf(command);
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
  const { imei, commandLogId, reason, response, attempts } = command;
  const metadata = metadataOf(command);
  const body = { command_log_id: commandLogId, imei, command: command.command, metadata, reason, response, attempts };
  return { type: 'command.failed', imei, body };
}

function metadataOf({ metadata }: Command): JsonSource | null {
  return metadata === null ? null : new JsonSource(metadata);
}
