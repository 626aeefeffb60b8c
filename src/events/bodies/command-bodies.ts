import { JsonSource } from '../../platform/json/json-source.js';
import { type EventOf } from '../event-types.js';
import { IMEI, integer, type JsonSchema, nullable, objectSchema, text, time } from './json-schema.js';

/** What the events of a command report of it. */
export interface ReportedCommand {
  readonly commandLogId: string;
  readonly imei: string;
  readonly command: string;
  /** The action of the catalogue that the text was made of. */
  readonly action: string | null;
  /** JSON text as the host passed it; it is not parsed. */
  readonly metadata: string | null;
  readonly response: string | null;
  readonly reason: string | null;
  readonly attempts: number;
  readonly late: boolean;
  readonly confirmedBy: 'reply' | 'telemetry';
  readonly supersededBy: string | null;
  readonly expiresAt: Date;
}

type CommonField = 'commandLogId' | 'imei' | 'command' | 'action' | 'metadata';

interface CommandBody {
  readonly command_log_id: string;
  readonly imei: string;
  readonly command: string;
  readonly action: string | null;
  readonly metadata: JsonSource | null;
}

export interface CommandCompletedBody extends CommandBody {
  readonly identified: true;
  readonly response: string | null;
  readonly late: boolean;
  readonly attempts: number;
  readonly superseded_by: string | null;
  readonly confirmed_by: 'reply' | 'telemetry';
}

/** One entry of a `bulk_failure` request. */
export interface CommandFailedBody extends CommandBody {
  readonly reason: string | null;
  readonly response: string | null;
  readonly attempts: number;
  readonly superseded_by: string | null;
}

export interface CommandRetriedBody extends CommandBody {
  readonly attempt: number;
}

export interface CommandPostponedBody extends CommandBody {
  readonly response: string | null;
  readonly attempts: number;
  readonly expires_at: string;
}

export function commandCompleted(
  command: Omit<ReportedCommand, 'reason' | 'expiresAt'>,
): EventOf<'command.completed', CommandCompletedBody> {
  const { imei, action, response, late, attempts, supersededBy, confirmedBy } = command;
  const { metadata, command_log_id } = common(command);
  // The first five fields in the order in which the old gateway sent them.
  const body = {
    identified: true,
    imei,
    command: command.command,
    response,
    metadata,
    command_log_id,
    late,
    attempts,
    superseded_by: supersededBy,
    action,
    confirmed_by: confirmedBy,
  } as const;
  return { type: 'command.completed', imei, body };
}

export function commandFailed(
  command: Omit<ReportedCommand, 'late' | 'confirmedBy' | 'expiresAt'>,
): EventOf<'command.failed', CommandFailedBody> {
  const { imei, reason, response, attempts, supersededBy } = command;
  return {
    type: 'command.failed',
    imei,
    body: { ...common(command), reason, response, attempts, superseded_by: supersededBy },
  };
}

/** `attempts` counts the attempt that is reported. */
export function commandRetried(
  command: Pick<ReportedCommand, CommonField | 'attempts'>,
): EventOf<'command.retried', CommandRetriedBody> {
  return { type: 'command.retried', imei: command.imei, body: { ...common(command), attempt: command.attempts } };
}

export function commandPostponed(
  command: Pick<ReportedCommand, CommonField | 'response' | 'attempts' | 'expiresAt'>,
): EventOf<'command.postponed', CommandPostponedBody> {
  const { imei, response, attempts, expiresAt } = command;
  return {
    type: 'command.postponed',
    imei,
    body: { ...common(command), response, attempts, expires_at: expiresAt.toISOString() },
  };
}

function common({ commandLogId, imei, command, action, metadata }: Pick<ReportedCommand, CommonField>): CommandBody {
  return { command_log_id: commandLogId, imei, command, action, metadata: metadata === null ? null : new JsonSource(metadata) };
}

const COMMON = {
  command_log_id: text('The id of the command.', '4711'),
  imei: IMEI,
  command: text('The text that was sent to the device.', 'setdigout 1?'),
  action: nullable(
    text('The action of the catalogue that the text was made of; null when the request gave the text.', 'output1-on'),
  ),
  metadata: {
    description: 'The `metadata` of the request, unchanged; null when it had none.',
    examples: [{ job_id: '123' }],
  },
} as const satisfies Record<string, JsonSchema>;

const RESPONSE = nullable(text('The text that the device has answered.', 'DOUT1:1 Timeout:INFINITY'));
const ATTEMPTS = integer('How often the command was written to a device, or may have been.', 1);
const SUPERSEDED_BY = nullable(text('The id of the newer command that took its place.', '4712'));

export const COMMAND_SCHEMAS = {
  'command.completed': objectSchema<CommandCompletedBody>('A device has confirmed a command.', {
    ...COMMON,
    identified: { type: 'boolean', const: true, description: 'Always true.' },
    response: RESPONSE,
    late: { type: 'boolean', description: 'The failure of the command had been reported before.' },
    attempts: ATTEMPTS,
    superseded_by: SUPERSEDED_BY,
    confirmed_by: {
      type: 'string',
      enum: ['reply', 'telemetry'],
      description:
        'What confirmed the command: a reply of the device, or a record that shows the outputs in the state that was asked for. `response` is then what the device had replied before, or null.',
    },
  }),
  'command.failed': objectSchema<CommandFailedBody>('A command has failed.', {
    ...COMMON,
    reason: nullable(
      text(
        'Why: `expired`, `unconfirmed`, `rejected`, `superseded`, `cancelled`, `unrecognised` or `guard`. More may be added.',
        'expired',
      ),
    ),
    response: RESPONSE,
    attempts: ATTEMPTS,
    superseded_by: SUPERSEDED_BY,
  }),
  'command.retried': objectSchema<CommandRetriedBody>('A command is written to its device again.', {
    ...COMMON,
    attempt: integer('The number of this attempt.', 2),
  }),
  'command.postponed': objectSchema<CommandPostponedBody>('A device has accepted a command and executes it later.', {
    ...COMMON,
    response: RESPONSE,
    attempts: ATTEMPTS,
    expires_at: time('When the command fails unless the device has confirmed it.'),
  }),
} as const;
