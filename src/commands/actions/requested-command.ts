import { InvalidInputError } from '../../platform/errors/errors.js';
import { type Action } from '../catalogue/action-definition.js';
import { type CommandCatalogue } from '../catalogue/command-catalogue.js';
import { commandTextProblem, type CreateCommandDto } from '../create-command.dto.js';
import { InvalidParamsError, UnknownActionError } from '../commands.errors.js';
import { type GuardConditions } from '../guards/guard.js';

/** The text that a request asks for, and what its action adds to it. */
export interface RequestedCommand {
  readonly command: string;
  readonly action: string | null;
  /** JSON text: the parameters of the action, with the defaults. */
  readonly actionParams: string | null;
  /** Names of actions whose open commands end. */
  readonly replaces: readonly string[];
  readonly urgent: boolean;
  readonly guard: GuardConditions | null;
}

type Request = Pick<CreateCommandDto, 'command' | 'action' | 'params' | 'urgent'>;

/** Makes the text of the action, or takes that of the request. Throws InvalidInputError, UnknownActionError, InvalidParamsError. */
export function requestedCommand(request: Request, catalogue: CommandCatalogue): RequestedCommand {
  const { command, action, params } = request;
  if ((command ?? null) === null && (action ?? null) === null) {
    throw new InvalidInputError('command or action is required');
  }
  if (action === undefined || action === null) {
    if ((params ?? null) !== null) {
      throw new InvalidInputError('params are those of an action: give action with them');
    }
    const plain = { action: null, actionParams: null, replaces: [], urgent: request.urgent ?? false, guard: null };
    return { command: sendable(command!), ...plain };
  }
  if ((command ?? null) !== null) {
    throw new InvalidInputError('give either command or action, not both');
  }
  const found = catalogue.findAction(action);
  if (found === null) {
    throw new UnknownActionError(catalogue.actions.map(({ name }) => name));
  }
  return ofAction(found, params ?? {}, request.urgent ?? found.urgent);
}

function ofAction(action: Action, given: Readonly<Record<string, unknown>>, urgent: boolean): RequestedCommand {
  const problem = action.problemOf(given);
  if (problem !== null) {
    throw new InvalidParamsError(problem);
  }
  const { command, params, guard } = action.render(given);
  const { name, replaces } = action;
  return { command: sendable(command), action: name, actionParams: JSON.stringify(params), replaces, urgent, guard };
}

function sendable(text: string): string {
  const problem = commandTextProblem(text);
  if (problem !== null) {
    throw new InvalidInputError(problem);
  }
  return text;
}
