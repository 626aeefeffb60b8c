import { type NewEvent } from '../events/event-types.js';
import { JsonSource } from '../platform/json/json-source.js';
import { type Command } from './command.js';

/**
 * Bodies of a command's events. Names of the old gateway's bodies are kept; the others are added. `command.retried` and `command.postponed` are
 * made by the statements that cause them, and so is the `command.failed` of a command that a newer one contradicts.
 */

export function commandCompleted(command: Command): NewEvent {
  const { imei, response, commandLogId, late, attempts, supersededBy } = command;
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
    superseded_by: supersededBy,
  };
  return { type: 'command.completed', imei, body };
}

export function commandFailed(command: Command): NewEvent {
  const { imei, commandLogId, reason, response, attempts, supersededBy } = command;
  const metadata = metadataOf(command);
  const body = {
    command_log_id: commandLogId,
    imei,
    command: command.command,
    metadata,
    reason,
    response,
    attempts,
    superseded_by: supersededBy,
  };
  return { type: 'command.failed', imei, body };
}

function metadataOf({ metadata }: Command): JsonSource | null {
  return metadata === null ? null : new JsonSource(metadata);
}
