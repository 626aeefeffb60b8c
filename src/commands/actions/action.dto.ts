import { ApiProperty } from '../../platform/http/open-api-decorators.js';
import { type Action } from '../catalogue/action-definition.js';
import { type ActionGuard } from '../catalogue/action-guard.js';
import { type ParamsSchema } from '../catalogue/action-params.js';
import { type CommandDefinition } from '../catalogue/command-definition.js';

/** A named command with parameters. */
export class ActionDto {
  /** @example 'output1-on' */
  readonly action!: string;
  /**
   * For people.
   * @example 'Switches digital output 1 on.'
   */
  readonly description!: string | null;
  /**
   * The text for the device, with its parameters in braces and its optional parts in brackets.
   * @example 'setdigout 1?[ {timeoutSeconds|?}]'
   */
  readonly template!: string;
  /** The JSON Schema of `params`. */
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    example: {
      type: 'object',
      properties: { timeoutSeconds: { type: 'integer', minimum: 1, maximum: 86_400 } },
      required: [],
      additionalProperties: false,
    },
  })
  readonly paramsSchema!: ParamsSchema;
  /** Conditions under which it is written. A value in braces is that of the parameter. */
  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true, example: { maxSpeedKmh: '{maxSpeedKmh}' } })
  readonly guard!: ActionGuard | null;
  /**
   * Actions whose open commands for the same device it ends.
   * @example ['output1-off']
   */
  @ApiProperty({ type: [String] })
  readonly replaces!: readonly string[];
  /** It is written before the other commands of the device that wait. */
  readonly urgent!: boolean;
  /**
   * What it does to the vehicle or the device; null when harmless.
   * @example 'moves a physical output; may immobilise the vehicle'
   */
  readonly destructive!: string | null;
  /**
   * Regular expression of a reply that confirms it. Null: its replies are not known.
   * @example '^Locked'
   */
  readonly success!: string | null;
  /**
   * Of a reply that says it failed.
   * @example '^Invalid'
   */
  readonly failure!: string | null;
  /**
   * Of a reply that says it will be done later.
   * @example 'queued$'
   */
  readonly queued!: string | null;

  static from(action: Action, definition: CommandDefinition | null): ActionDto {
    const { name, description, template, paramsSchema, guard, replaces, urgent } = action;
    const { destructive = null, success = null, failure = null, queued = null } = definition ?? {};
    const replies = { destructive, success, failure, queued };
    return { action: name, description, template: template.source, paramsSchema, guard, replaces, urgent, ...replies };
  }
}
