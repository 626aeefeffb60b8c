import { type Guard, type TelemetryRecord } from '../../../../client/src/index.js';
import { Badge } from '../../ui/badge.js';
import { now } from '../../ui/clock.js';
import { formatDuration, Time } from '../../ui/time.js';

/** Conditions for a write, as far as they are known: those of a stored command, or of a form. */
export type Conditions = {
  readonly maxSpeedKmh?: number | null | undefined;
  readonly ignition?: 'on' | 'off' | null | undefined;
  readonly maxRecordAgeSeconds?: number | null | undefined;
};

/** AVL id of the ignition. */
const IGNITION_ID = 239;

export function GuardConditionsText({ guard }: { readonly guard: Guard }) {
  const texts = [
    ...(guard.maxSpeedKmh === null ? [] : [`speed at most ${guard.maxSpeedKmh} km/h`]),
    ...(guard.ignition === undefined || guard.ignition === null ? [] : [`ignition ${guard.ignition}`]),
    `record at most ${formatDuration(guard.maxRecordAgeSeconds * 1_000)} old`,
  ];
  return (
    <>
      {texts.join(', ')}
      {guard.notAfter !== null && (
        <>
          , not after <Time at={guard.notAfter} />
        </>
      )}
    </>
  );
}

interface CurrentFactsProps {
  /** Null: the device has no record. */
  readonly record: TelemetryRecord | null;
  readonly conditions: Conditions;
}

/** What the conditions are compared with, now. The gateway compares again before every write. */
export function CurrentFacts({ record, conditions }: CurrentFactsProps) {
  const speed = record && record.satellites > 0 ? record.speed : null;
  const ignition = ignitionOf(record);
  const ageMs = record ? now.value - Date.parse(record.iotTimestamp) : null;
  const { maxSpeedKmh, maxRecordAgeSeconds } = conditions;
  return (
    <dl class="guard-facts">
      <Fact
        name="Speed"
        value={speed === null ? 'unknown, no fix' : `${speed} km/h`}
        limit={isSet(maxSpeedKmh) ? `at most ${maxSpeedKmh} km/h` : null}
        isMet={isSet(maxSpeedKmh) ? speed !== null && speed <= maxSpeedKmh : null}
      />
      <Fact
        name="Ignition"
        value={ignition ?? 'unknown'}
        limit={isSet(conditions.ignition) ? `has to be ${conditions.ignition}` : null}
        isMet={isSet(conditions.ignition) ? ignition === conditions.ignition : null}
      />
      <Fact
        name="Newest record"
        value={ageMs === null ? 'none' : `${formatDuration(Math.max(0, ageMs))} old`}
        limit={isSet(maxRecordAgeSeconds) ? `at most ${formatDuration(maxRecordAgeSeconds * 1_000)}` : null}
        isMet={isSet(maxRecordAgeSeconds) ? ageMs !== null && Math.abs(ageMs) <= maxRecordAgeSeconds * 1_000 : null}
      />
    </dl>
  );
}

function isSet<T>(value: T | null | undefined): value is T {
  return value !== null && value !== undefined;
}

interface FactProps {
  readonly name: string;
  readonly value: string;
  readonly limit: string | null;
  /** Null: no condition. */
  readonly isMet: boolean | null;
}

function Fact({ name, value, limit, isMet }: FactProps) {
  return (
    <div class="guard-fact">
      <dt>{name}</dt>
      <dd>
        <span class="strong">{value}</span>
        {limit !== null && <span class="soft">{limit}</span>}
        {isMet !== null && <Badge tone={isMet ? 'good' : 'warning'}>{isMet ? 'Met' : 'Not met'}</Badge>}
      </dd>
    </div>
  );
}

function ignitionOf(record: TelemetryRecord | null): 'on' | 'off' | null {
  const raw = record?.elements?.find(({ id }) => id === IGNITION_ID)?.raw;
  if (raw === undefined) {
    return null;
  }
  return Number(raw) === 0 ? 'off' : 'on';
}
