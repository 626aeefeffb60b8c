import fc from 'fast-check';
import { type Behaviour } from './command-device.js';

/** Actions of the catalogue file of the model: `arm` and `disarm` replace each other, and have no target in common. */
export type ActionName = 'arm' | 'disarm';

/** A command that the host requests. With `unique` its text differs from all others of the device, if its syntax allows. */
export interface RequestedCommand {
  readonly name: 'raw' | 'output on' | 'output off' | 'element' | 'getinfo' | 'cpureset' | ActionName;
  readonly unique: boolean;
  readonly mode: 'live' | 'queue';
  readonly maxRetry: number;
  readonly timeoutSeconds: number;
  readonly ttlSeconds: number;
  readonly postponedSeconds: number;
  readonly urgent: boolean;
  /** It has a guard, and its text differs from all others. Not of an action, `getinfo` or `cpureset`. */
  readonly guarded: boolean;
  readonly hasKey: boolean;
  /** What the device does when it receives it the first time, the second time, and so on; after these it answers at once. */
  readonly behaviours: readonly Behaviour[];
}

/** One step of a device or its host, `afterMs` after the previous one. */
export type Step = { readonly afterMs: number } & (
  | { readonly kind: 'command'; readonly command: RequestedCommand }
  /** The host repeats its last request that had an Idempotency-Key. */
  | { readonly kind: 'repeat' }
  | { readonly kind: 'cancel'; readonly back: number }
  | { readonly kind: 'drop'; readonly awayMs: number; readonly reset: boolean }
  /** Several times in a row, so that logins arrive faster than the gateway processes them. */
  | { readonly kind: 'silent reconnect'; readonly times: number }
  /** Of that age; negative: its clock is ahead. */
  | { readonly kind: 'record'; readonly ageMs: number }
  | { readonly kind: 'split record'; readonly holdMs: number }
  | { readonly kind: 'message' }
);

/** A restart of the gateway, `afterMs` after its last start. */
export interface Outage {
  readonly afterMs: number;
  readonly how: 'kill' | 'stop';
}

export interface Scenario {
  readonly devices: readonly (readonly Step[])[];
  readonly outages: readonly Outage[];
}

/** At once, soon, around the command's timeout, and after it. */
const delays = fc.oneof(
  { weight: 4, arbitrary: fc.constant(0) },
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 300 }) },
  { weight: 2, arbitrary: fc.integer({ min: 850, max: 1_600 }) },
  { weight: 2, arbitrary: fc.integer({ min: 1_600, max: 2_600 }) },
);

const behaviour: fc.Arbitrary<Behaviour> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('answer' as const), afterMs: delays }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('refuse' as const), afterMs: delays }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('postpone' as const),
      afterMs: delays,
      thenMs: fc.option(fc.integer({ min: 1, max: 2_500 })),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('answer-unknown' as const), afterMs: delays }) },
  { weight: 2, arbitrary: fc.constant<Behaviour>({ kind: 'lose-answer' }) },
  { weight: 2, arbitrary: fc.constant<Behaviour>({ kind: 'ignore' }) },
  { weight: 1, arbitrary: fc.constant<Behaviour>({ kind: 'drop-before' }) },
  { weight: 1, arbitrary: fc.constant<Behaviour>({ kind: 'drop-after' }) },
);

const requestedCommand: fc.Arbitrary<RequestedCommand> = fc.record({
  name: fc.oneof(
    { weight: 4, arbitrary: fc.constant('raw' as const) },
    { weight: 2, arbitrary: fc.constant('output on' as const) },
    { weight: 2, arbitrary: fc.constant('output off' as const) },
    { weight: 3, arbitrary: fc.constant('element' as const) },
    { weight: 2, arbitrary: fc.constant('arm' as const) },
    { weight: 2, arbitrary: fc.constant('disarm' as const) },
    { weight: 1, arbitrary: fc.constant('getinfo' as const) },
    { weight: 1, arbitrary: fc.constant('cpureset' as const) },
  ),
  unique: fc.boolean(),
  mode: fc.constantFrom('live' as const, 'queue' as const),
  maxRetry: fc.constantFrom(0, 0, 1, 1, 2),
  timeoutSeconds: fc.constantFrom(1, 1, 2),
  ttlSeconds: fc.integer({ min: 1, max: 5 }),
  postponedSeconds: fc.constantFrom(1, 3, 86_400),
  urgent: fc.constantFrom(false, false, true),
  guarded: fc.constantFrom(false, false, true),
  hasKey: fc.boolean(),
  behaviours: fc.array(behaviour, { maxLength: 3 }),
});

const action = fc.oneof(
  { weight: 10, arbitrary: requestedCommand.map((command) => ({ kind: 'command' as const, command })) },
  { weight: 1, arbitrary: fc.constant({ kind: 'repeat' as const }) },
  { weight: 2, arbitrary: fc.nat(3).map((back) => ({ kind: 'cancel' as const, back })) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('drop' as const), awayMs: fc.constantFrom(0, 0, 400, 1_500), reset: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 3 }).map((times) => ({ kind: 'silent reconnect' as const, times })) },
  { weight: 4, arbitrary: fc.constantFrom(0, 0, 0, 400, 2_000, -3_600_000).map((ageMs) => ({ kind: 'record' as const, ageMs })) },
  { weight: 1, arbitrary: fc.nat(300).map((holdMs) => ({ kind: 'split record' as const, holdMs })) },
  { weight: 1, arbitrary: fc.constant({ kind: 'message' as const }) },
);

const step: fc.Arbitrary<Step> = fc
  .tuple(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 350 })), action)
  .map(([afterMs, chosen]) => ({ afterMs, ...chosen }));

export const scenarios: fc.Arbitrary<Scenario> = fc.record({
  devices: fc.array(fc.array(step, { minLength: 10, maxLength: 18, size: 'max' }), { minLength: 10, maxLength: 10 }),
  outages: fc.array(
    fc.record({
      afterMs: fc.integer({ min: 300, max: 2_500 }),
      how: fc.constantFrom('kill' as const, 'kill' as const, 'stop' as const),
    }),
    { maxLength: 2 },
  ),
});
