import { InvalidInputError } from '../../platform/errors/errors.js';
import { SECOND_MS } from '../../platform/time-units.js';
import { type VehicleState } from '../../telemetry/latest/vehicle-state.js';

/** By how much the time of a record may be after its receipt: above that the clock of its device is wrong. */
export const MAX_CLOCK_AHEAD_MS = 5 * SECOND_MS;

export type Ignition = 'on' | 'off';

export const MAX_SPEED_KMH = 1_000;
/** One day: the table of records is searched that far back. */
export const MAX_RECORD_AGE_SECONDS = 86_400;
export const DEFAULT_RECORD_AGE_SECONDS = 120;

/** Conditions as a request or the catalogue gives them: what is not given does not restrict. */
export interface GuardConditions {
  readonly maxSpeedKmh?: number | undefined;
  readonly ignition?: Ignition | undefined;
  readonly maxRecordAgeSeconds?: number | undefined;
  readonly notAfter?: Date | undefined;
}

/** Conditions for every write of a command, as the ledger stores them. All must hold. */
export interface Guard {
  readonly maxSpeedKmh: number | null;
  readonly ignition: Ignition | null;
  /** The newest record must not differ by more from the present, in either direction. */
  readonly maxRecordAgeSeconds: number;
  /** ISO 8601, UTC. */
  readonly notAfter: string | null;
}

/** What a guard was compared with: the newest record of the device. */
export interface GuardFacts {
  /** Null: no record, or one without a fix. */
  readonly speedKmh: number | null;
  /** Null: no record, or one without AVL id 239. */
  readonly ignition: Ignition | null;
  /** Device time in ISO 8601, UTC. Null: the device has no record. */
  readonly recordTime: string | null;
  /** Negative for a record from the future. */
  readonly recordAgeSeconds: number | null;
}

export interface GuardResult {
  /** For people, one for each condition that does not hold; empty when the guard is met. */
  readonly unmet: readonly string[];
  readonly facts: GuardFacts;
}

/** Null without any condition. */
export function guardOf(conditions: GuardConditions): Guard | null {
  const { maxSpeedKmh, ignition, maxRecordAgeSeconds, notAfter } = conditions;
  if ([maxSpeedKmh, ignition, maxRecordAgeSeconds, notAfter].every((condition) => condition === undefined)) {
    return null;
  }
  return {
    maxSpeedKmh: maxSpeedKmh ?? null,
    ignition: ignition ?? null,
    maxRecordAgeSeconds: maxRecordAgeSeconds ?? DEFAULT_RECORD_AGE_SECONDS,
    notAfter: notAfter?.toISOString() ?? null,
  };
}

/** The guard of a request together with that of its catalogue entry and that of its action. Throws InvalidInputError. */
export function commandGuard(
  requested: GuardConditions | null,
  catalogued: Guard | null,
  ofAction: GuardConditions | null,
): Guard | null {
  const own = requested === null ? null : guardOf(requested);
  if (requested !== null && own === null) {
    throw new InvalidInputError('guard must contain at least one condition');
  }
  return [catalogued, ofAction && guardOf(ofAction)].reduce<Guard | null>((guard, other) => {
    const combined = combineGuards(guard, other);
    if (combined === 'contradiction') {
      throw new InvalidInputError(`guard.ignition must be ${other!.ignition}: the catalogue requires it for this command`);
    }
    return combined;
  }, own);
}

/** The guard that holds when both do. `contradiction`: one requires the ignition to be on, the other one to be off. */
export function combineGuards(one: Guard | null, other: Guard | null): Guard | null | 'contradiction' {
  if (one === null || other === null) {
    return one ?? other;
  }
  if (one.ignition !== null && other.ignition !== null && one.ignition !== other.ignition) {
    return 'contradiction';
  }
  const times = [one.notAfter, other.notAfter].filter((time) => time !== null).sort();
  const speeds = [one.maxSpeedKmh, other.maxSpeedKmh].filter((speed) => speed !== null);
  return {
    maxSpeedKmh: speeds.length === 0 ? null : Math.min(...speeds),
    ignition: one.ignition ?? other.ignition,
    maxRecordAgeSeconds: Math.min(one.maxRecordAgeSeconds, other.maxRecordAgeSeconds),
    notAfter: times[0] ?? null,
  };
}

/** Without a record that is fresh enough the guard is not met, whatever its conditions are. */
export function evaluateGuard(guard: Guard, state: VehicleState | null, nowMs: number): GuardResult {
  const facts = factsOf(state, nowMs);
  const isOver = guard.notAfter !== null && nowMs > Date.parse(guard.notAfter);
  return { unmet: [...(isOver ? ['notAfter has passed'] : []), ...unmetByRecord(guard, facts)], facts };
}

function factsOf(state: VehicleState | null, nowMs: number): GuardFacts {
  if (state === null) {
    return { speedKmh: null, ignition: null, recordTime: null, recordAgeSeconds: null };
  }
  const { speedKmh, ignition, recordTimeMs } = state;
  return {
    speedKmh,
    ignition,
    recordTime: new Date(recordTimeMs).toISOString(),
    recordAgeSeconds: Math.round(nowMs - recordTimeMs) / SECOND_MS,
  };
}

function unmetByRecord({ maxSpeedKmh, ignition, maxRecordAgeSeconds }: Guard, facts: GuardFacts): string[] {
  const { recordAgeSeconds: age } = facts;
  if (age === null) {
    return ['the device has no record'];
  }
  const unmet: string[] = [];
  if (age > maxRecordAgeSeconds) {
    unmet.push(`the newest record is ${age} s old, at most ${maxRecordAgeSeconds} s are allowed`);
  }
  // It would stay the newest one, whatever the device sends until then.
  if (-age > MAX_CLOCK_AHEAD_MS / SECOND_MS) {
    unmet.push(`the newest record is ${-age} s in the future, at most ${MAX_CLOCK_AHEAD_MS / SECOND_MS} s are allowed`);
  }
  if (maxSpeedKmh !== null && facts.speedKmh === null) {
    unmet.push('the speed is not known, because the newest record has no fix');
  } else if (maxSpeedKmh !== null && facts.speedKmh! > maxSpeedKmh) {
    unmet.push(`the speed is ${facts.speedKmh} km/h, at most ${maxSpeedKmh} km/h are allowed`);
  }
  if (ignition !== null && facts.ignition !== ignition) {
    unmet.push(`the ignition is ${facts.ignition ?? 'not known'}, it must be ${ignition}`);
  }
  return unmet;
}
