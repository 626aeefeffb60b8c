import fc from 'fast-check';
import { type Conduct } from './command-device.js';

/** A command the host asks for. Where `unique` is true the text is made one that no other command of the device has, if its syntax lets it. */
export interface Order {
  readonly name: 'raw' | 'output on' | 'output off' | 'element' | 'getinfo' | 'cpureset';
  readonly unique: boolean;
  readonly mode: 'live' | 'queue';
  readonly maxRetry: number;
  readonly timeoutSeconds: number;
  readonly ttlSeconds: number;
  readonly postponedSeconds: number;
  readonly hasKey: boolean;
  /** What the device does with its first writing, its second, and so on; then it answers at once. */
  readonly conducts: readonly Conduct[];
}

/** One thing that happens to a device, `afterMs` after the one before. */
export type Step = { readonly afterMs: number } & (
  | { readonly kind: 'order'; readonly order: Order }
  /** The host repeats its last request that had an Idempotency-Key. */
  | { readonly kind: 'repeat' }
  | { readonly kind: 'cancel'; readonly back: number }
  | { readonly kind: 'drop'; readonly awayMs: number; readonly reset: boolean }
  /** Several times in a row: the gateway sees logins faster than it is done with the last one. */
  | { readonly kind: 'take over'; readonly times: number }
  | { readonly kind: 'report' }
  | { readonly kind: 'half report'; readonly holdMs: number }
  | { readonly kind: 'say' }
);

/** What happens to the gateway, `afterMs` after its last start. */
export interface Outage {
  readonly afterMs: number;
  readonly how: 'kill' | 'stop';
}

export interface Scenario {
  readonly devices: readonly (readonly Step[])[];
  readonly outages: readonly Outage[];
}

/** At once, soon, about when the time is over, and late. */
const delays = fc.oneof(
  { weight: 4, arbitrary: fc.constant(0) },
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 300 }) },
  { weight: 2, arbitrary: fc.integer({ min: 850, max: 1_600 }) },
  { weight: 2, arbitrary: fc.integer({ min: 1_600, max: 2_600 }) },
);

const conduct: fc.Arbitrary<Conduct> = fc.oneof(
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
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('mumble' as const), afterMs: delays }) },
  { weight: 2, arbitrary: fc.constant<Conduct>({ kind: 'lose' }) },
  { weight: 2, arbitrary: fc.constant<Conduct>({ kind: 'ignore' }) },
  { weight: 1, arbitrary: fc.constant<Conduct>({ kind: 'drop-before' }) },
  { weight: 1, arbitrary: fc.constant<Conduct>({ kind: 'drop-after' }) },
);

const order: fc.Arbitrary<Order> = fc.record({
  name: fc.oneof(
    { weight: 4, arbitrary: fc.constant('raw' as const) },
    { weight: 2, arbitrary: fc.constant('output on' as const) },
    { weight: 2, arbitrary: fc.constant('output off' as const) },
    { weight: 3, arbitrary: fc.constant('element' as const) },
    { weight: 1, arbitrary: fc.constant('getinfo' as const) },
    { weight: 1, arbitrary: fc.constant('cpureset' as const) },
  ),
  unique: fc.boolean(),
  mode: fc.constantFrom('live' as const, 'queue' as const),
  maxRetry: fc.constantFrom(0, 0, 1, 1, 2),
  timeoutSeconds: fc.constantFrom(1, 1, 2),
  ttlSeconds: fc.integer({ min: 1, max: 5 }),
  postponedSeconds: fc.constantFrom(1, 3, 86_400),
  hasKey: fc.boolean(),
  conducts: fc.array(conduct, { maxLength: 3 }),
});

const happening = fc.oneof(
  { weight: 10, arbitrary: order.map((what) => ({ kind: 'order' as const, order: what })) },
  { weight: 1, arbitrary: fc.constant({ kind: 'repeat' as const }) },
  { weight: 2, arbitrary: fc.nat(3).map((back) => ({ kind: 'cancel' as const, back })) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('drop' as const), awayMs: fc.constantFrom(0, 0, 400, 1_500), reset: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 3 }).map((times) => ({ kind: 'take over' as const, times })) },
  { weight: 2, arbitrary: fc.constant({ kind: 'report' as const }) },
  { weight: 1, arbitrary: fc.nat(300).map((holdMs) => ({ kind: 'half report' as const, holdMs })) },
  { weight: 1, arbitrary: fc.constant({ kind: 'say' as const }) },
);

const step: fc.Arbitrary<Step> = fc
  .tuple(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 350 })), happening)
  .map(([afterMs, what]) => ({ afterMs, ...what }));

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
