import { type Action, type CommandCatalogue, type CommandDefinition, type CreateCommand } from '../../../../client/src/index.js';
import { type Conditions } from './guard-view.js';

/** A parameter of an action, as `paramsSchema` describes it. */
export interface Param {
  readonly name: string;
  readonly isRequired: boolean;
  readonly type: 'integer' | 'string';
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly enum?: readonly string[];
  readonly default?: string | number;
  readonly description?: string;
}

/** Of a guard that does not say how old its record may be. */
const DEFAULT_RECORD_AGE_SECONDS = 120;

/** What the form holds: texts, as they were typed. */
export interface Draft {
  readonly imei: string;
  readonly kind: 'action' | 'text';
  readonly action: string;
  readonly params: Readonly<Record<string, string>>;
  readonly text: string;
  readonly mode: 'live' | 'queue';
  readonly ttlHours: string;
  readonly maxSpeedKmh: string;
  readonly ignition: '' | 'on' | 'off';
  readonly maxRecordAgeSeconds: string;
  /** The last four digits of the IMEI, typed to confirm. */
  readonly confirmation: string;
}

export function emptyDraft(imei: string): Draft {
  return {
    imei,
    kind: 'text',
    action: '',
    params: {},
    text: '',
    mode: 'live',
    ttlHours: '24',
    maxSpeedKmh: '',
    ignition: '',
    maxRecordAgeSeconds: '',
    confirmation: '',
  };
}

export function paramsOf({ paramsSchema }: Action): Param[] {
  const { properties = {}, required = [] } = paramsSchema as {
    properties?: Readonly<Record<string, Omit<Param, 'name' | 'isRequired'>>>;
    required?: readonly string[];
  };
  return Object.entries(properties).map(([name, param]) => ({ ...param, name, isRequired: required.includes(name) }));
}

/** What is wrong with a value, or null. The gateway checks again, and patterns only there. */
export function paramProblem(param: Param, text: string): string | null {
  if (text === '') {
    return param.isRequired && param.default === undefined ? 'is required' : null;
  }
  if (param.type === 'integer') {
    const value = Number(text);
    const { minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER } = param;
    const isWithin = Number.isInteger(value) && value >= minimum && value <= maximum;
    return isWithin ? null : `has to be a whole number from ${minimum} to ${maximum}`;
  }
  return null;
}

/** The action of the draft, or what the catalogue knows of its text; null when nothing. */
export function knownOf(
  catalogue: CommandCatalogue,
  draft: Draft,
): { action: Action | null; definition: CommandDefinition | null } {
  if (draft.kind === 'action') {
    return { action: catalogue.actions.find(({ action }) => action === draft.action) ?? null, definition: null };
  }
  const [word = ''] = draft.text.trim().toLowerCase().split(/\s/);
  return { action: null, definition: catalogue.commands.find(({ command }) => command.toLowerCase() === word) ?? null };
}

export function requestOf(draft: Draft, action: Action | null): CreateCommand {
  const guard = guardOf(draft);
  return {
    imei: draft.imei,
    ...(draft.kind === 'action' ? { action: draft.action, params: paramValues(draft, action) } : { command: draft.text.trim() }),
    mode: draft.mode,
    ...(draft.mode === 'queue' ? { ttlSeconds: Math.round(Number(draft.ttlHours) * 3_600) } : {}),
    ...(Object.keys(guard).length === 0 ? {} : { guard }),
  };
}

function paramValues(draft: Draft, action: Action | null): Record<string, string | number> {
  const values: Record<string, string | number> = {};
  for (const { name, type } of action ? paramsOf(action) : []) {
    const text = draft.params[name] ?? '';
    if (text !== '') {
      values[name] = type === 'integer' ? Number(text) : text;
    }
  }
  return values;
}

function guardOf({ maxSpeedKmh, ignition, maxRecordAgeSeconds }: Draft): NonNullable<CreateCommand['guard']> {
  return {
    ...(maxSpeedKmh === '' ? {} : { maxSpeedKmh: Number(maxSpeedKmh) }),
    ...(ignition === '' ? {} : { ignition }),
    ...(maxRecordAgeSeconds === '' ? {} : { maxRecordAgeSeconds: Number(maxRecordAgeSeconds) }),
  };
}

/** Those of the form and of the catalogue together; the stricter one counts. `{maxSpeedKmh}` stands for the parameter. */
export function conditionsOf(draft: Draft, action: Action | null, definition: CommandDefinition | null): Conditions {
  const own = guardOf(draft);
  const given = (action?.guard ?? definition?.guard ?? {}) as Readonly<Record<string, unknown>>;
  const values = paramValues(draft, action);
  const resolved = (name: string): unknown => {
    const value = given[name];
    return typeof value === 'string' && value.startsWith('{') ? values[value.slice(1, -1)] : value;
  };
  const least = (name: string, mine: number | undefined): number | undefined => {
    const limits = [resolved(name), mine].filter((limit) => typeof limit === 'number');
    return limits.length === 0 ? undefined : Math.min(...limits);
  };
  const maxSpeedKmh = least('maxSpeedKmh', own.maxSpeedKmh ?? undefined);
  const ignition = own.ignition ?? (resolved('ignition') as 'on' | 'off' | undefined);
  const isGuarded = maxSpeedKmh !== undefined || ignition !== undefined;
  const maxRecordAgeSeconds = least('maxRecordAgeSeconds', own.maxRecordAgeSeconds ?? undefined);
  return {
    maxSpeedKmh,
    ignition,
    maxRecordAgeSeconds: maxRecordAgeSeconds ?? (isGuarded ? DEFAULT_RECORD_AGE_SECONDS : undefined),
  };
}

/** Why the draft can not be sent yet, or null. */
export function draftProblem(draft: Draft, action: Action | null, isDestructive: boolean): string | null {
  if (!/^\d{15}$/.test(draft.imei)) {
    return 'An IMEI has 15 digits';
  }
  if (draft.kind === 'action' && !action) {
    return 'Choose an action';
  }
  if (draft.kind === 'text' && draft.text.trim() === '') {
    return 'Enter a text';
  }
  for (const param of action ? paramsOf(action) : []) {
    const problem = paramProblem(param, draft.params[param.name] ?? '');
    if (problem !== null) {
      return `${param.name} ${problem}`;
    }
  }
  if (draft.mode === 'queue' && !(Number(draft.ttlHours) > 0)) {
    return 'Enter how long it may wait';
  }
  return isDestructive && draft.confirmation !== draft.imei.slice(-4) ? 'Type the last four digits of the IMEI to confirm' : null;
}
