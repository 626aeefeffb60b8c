import { type Guard, type GuardConditions, guardOf, type Ignition, MAX_RECORD_AGE_SECONDS, MAX_SPEED_KMH } from './guard.js';

const ISO_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;

type Check = (value: unknown) => string | null;

/** Says of each condition what it has to be, when it is not. */
const CHECKS: Readonly<Record<keyof GuardConditions, Check>> = {
  maxSpeedKmh: wholeNumber(0, MAX_SPEED_KMH),
  ignition: (value) => (value === 'on' || value === 'off' ? null : 'has to be "on" or "off"'),
  maxRecordAgeSeconds: wholeNumber(1, MAX_RECORD_AGE_SECONDS),
  notAfter: (value) =>
    typeof value === 'string' && ISO_TIME.test(value) && !Number.isNaN(Date.parse(value))
      ? null
      : 'has to be a time in ISO 8601 with a zone',
};

/** Why this is not a guard as an operator writes it; null when it is one. */
export function cataloguedGuardProblem(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return 'has to be an object or null';
  }
  const conditions = Object.entries(value);
  if (conditions.length === 0) {
    return 'has to contain at least one condition';
  }
  for (const [name, condition] of conditions) {
    if (!isCondition(name)) {
      return `has an unknown condition ${JSON.stringify(name)}`;
    }
    const problem = CHECKS[name](condition);
    if (problem !== null) {
      return `${JSON.stringify(name)} ${problem}`;
    }
  }
  return null;
}

/** @param value one without a problem, or null. */
export function readCataloguedGuard(value: unknown): Guard | null {
  const { notAfter, ...conditions } = (value ?? {}) as { notAfter?: string; maxSpeedKmh?: number; ignition?: Ignition };
  return guardOf({ ...conditions, notAfter: notAfter === undefined ? undefined : new Date(notAfter) });
}

function isCondition(name: string): name is keyof GuardConditions {
  return Object.hasOwn(CHECKS, name);
}

function wholeNumber(least: number, most: number): Check {
  return (value) =>
    Number.isInteger(value) && (value as number) >= least && (value as number) <= most
      ? null
      : `has to be a whole number from ${least} to ${most}`;
}
