import { type GuardConditions } from '../guards/guard.js';
import { type ActionGuard, resolveGuard } from './action-guard.js';
import { type ActionParams, paramProblem, paramsSchema, type ParamsSchema, valuePattern, withDefaults } from './action-params.js';
import { ActionTemplate, type ParamValues } from './action-template.js';
import { type CommandDefinition } from './command-definition.js';

/** How an action is written, built in or in COMMAND_CATALOGUE_FILE. */
export interface ActionDraft {
  /** Its name in a request. */
  readonly action: string;
  /** The text that is written to the device, in the form of ActionTemplate. */
  readonly template: string;
  readonly description?: string | null;
  readonly params?: ActionParams;
  readonly guard?: ActionGuard | null;
  /** Names of actions. Their commands that are still open for the device end when this one is requested. */
  readonly replaces?: readonly string[];
  /** Its commands are written before the other ones of the device that wait. */
  readonly urgent?: boolean;
}

/** A command made of an action and its parameters. */
export interface RenderedAction {
  readonly command: string;
  /** With the defaults. */
  readonly params: ParamValues;
  readonly guard: GuardConditions | null;
}

/** A named command with parameters. */
export class Action {
  readonly name: string;
  readonly description: string | null;
  readonly params: ActionParams;
  readonly guard: ActionGuard | null;
  readonly replaces: readonly string[];
  readonly urgent: boolean;
  readonly template: ActionTemplate;

  /**
   * @param reply how a device answers it, when that is not as its command is usually answered.
   * @throws TemplateError
   */
  constructor(
    draft: ActionDraft,
    readonly reply: CommandDefinition | null = null,
  ) {
    this.name = draft.action;
    this.description = draft.description ?? null;
    this.params = draft.params ?? {};
    this.guard = draft.guard ?? null;
    this.replaces = draft.replaces ?? [];
    this.urgent = draft.urgent ?? false;
    this.template = new ActionTemplate(draft.template);
  }

  /** Parameters that a request must give. */
  get required(): readonly string[] {
    return this.template.required.filter((name) => this.params[name]?.default === undefined);
  }

  get paramsSchema(): ParamsSchema {
    return paramsSchema(this.params, this.required);
  }

  /** Matches every text of this action. */
  get textPattern(): RegExp {
    return new RegExp(this.template.toPattern((name) => valuePattern(this.params[name]!)));
  }

  /** What is wrong with the parameters of a request, with the name of the parameter and its bounds; null when nothing is. */
  problemOf(given: Readonly<Record<string, unknown>>): string | null {
    const unknown = Object.keys(given).find((name) => !Object.hasOwn(this.params, name));
    if (unknown !== undefined) {
      const known = Object.keys(this.params);
      const names = known.length === 0 ? 'it has no parameters' : `its parameters are: ${known.join(', ')}`;
      return `params.${printable(unknown)} is not a parameter of ${this.name}; ${names}`;
    }
    const values = withDefaults(this.params, given);
    const missing = this.required.find((name) => !Object.hasOwn(values, name));
    if (missing !== undefined) {
      return `params.${missing} is required by ${this.name}: it ${paramProblem(this.params[missing]!, undefined)}`;
    }
    for (const [name, value] of Object.entries(values)) {
      const problem = paramProblem(this.params[name]!, value);
      if (problem !== null) {
        return `params.${name} ${problem}`;
      }
    }
    return null;
  }

  /** The parameters must be without a problem. */
  render(given: Readonly<Record<string, unknown>>): RenderedAction {
    const params = withDefaults(this.params, given);
    return { command: this.template.render(params), params, guard: resolveGuard(this.guard, params) };
  }
}

/** A name out of a request, as far as it can be repeated in an answer. */
function printable(name: string): string {
  return name.slice(0, 40).replace(/[^\x20-\x7e]/g, '?');
}
