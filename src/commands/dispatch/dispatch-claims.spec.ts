import { type DatabaseAvailability } from '../../platform/database/database-availability.js';
import { encodeRecords } from '../../protocol/avl-encoder.js';
import { type NewestRecords } from '../../telemetry/latest/newest-records.js';
import { StoredRecords } from '../../telemetry/latest/stored-records.js';
import { type VehicleState } from '../../telemetry/latest/vehicle-state.js';
import { type Command } from '../command.js';
import { type GuardFacts } from '../guards/guard.js';
import { GuardChecks } from '../guards/guard-checks.js';
import { GuardWatch } from '../guards/guard-watch.js';
import { type GuardedCommandsRepository } from '../guards/guarded-commands.repository.js';
import { type CommandClaims } from './command-claims.js';
import { type Claimer } from './command-delivery.repository.js';
import { DispatchClaims } from './dispatch-claims.js';

const IMEI = '350612000000009';
const GUARD = { maxSpeedKmh: 5, ignition: null, maxRecordAgeSeconds: 120, notAfter: null };
const GUARDED = { commandLogId: '1', imei: IMEI, guard: GUARD, attempts: 1 };
const CLAIMER: Claimer = { imei: IMEI, connection: { id: 'a connection', epoch: 1 } };
const PARKED: VehicleState = { recordTimeMs: Date.now() - 1_000, recordHash: 1n, speedKmh: 0, ignition: null };
const CODEC_8_EXTENDED = 0x8e;

let records: StoredRecords;
let watch: GuardWatch;
let read: () => Promise<VehicleState | null>;
let readAgoMs: number;
/** What happens while the claim is committed. */
let duringClaim: () => void;
let permitted: GuardFacts[];
let facts: GuardFacts[];
let claims: DispatchClaims;

beforeEach(() => {
  records = new StoredRecords();
  watch = new GuardWatch(records);
  watch.onModuleInit();
  [read, readAgoMs, duringClaim] = [() => Promise.resolve(PARKED), 0, () => undefined];
  [permitted, facts] = [[], []];
  const newest = {
    read: async () => ({ state: await read(), nowMs: Date.now() - readAgoMs, readAtMs: performance.now() - readAgoMs }),
  };
  const ledger = {
    findWaiting: () => Promise.resolve([GUARDED]),
    updateFacts: (_id: string, _attempt: number, written: GuardFacts) => Promise.resolve(void facts.push(written)),
  };
  const plain = {
    claim: ({ permits = [] }: Claimer) => {
      permitted.push(...permits.map((permit) => permit.facts));
      duringClaim();
      return Promise.resolve([GUARDED as unknown as Command, { commandLogId: '2', guard: null } as Command]);
    },
  };
  claims = new DispatchClaims(
    ledger as unknown as GuardedCommandsRepository,
    new GuardChecks(newest as unknown as NewestRecords, watch),
    watch,
    plain as unknown as CommandClaims,
    {} as DatabaseAvailability,
  );
});

function store(speed: number, timestampMs = Date.now()): void {
  const position = { longitude: 0, latitude: 0, altitude: 0, angle: 0, satellites: 9 };
  const record = { timestampMs, priority: 0, ...position, speed, eventIoId: 0, generationType: null, io: [] };
  records.announce(IMEI, encodeRecords(CODEC_8_EXTENDED, [record]), { receivedAtMs: Date.now(), isByUdp: false });
}

/** Claims and writes. @param beforeWrite what happens while the frame is queued. */
async function dispatch(beforeWrite: () => void = () => undefined): Promise<boolean> {
  const claimed = await claims.claimGuarded(CLAIMER);
  if (claimed.length === 0) {
    return false;
  }
  return claims.sendWhileMet(GUARDED, async (mayWrite) => {
    await Promise.resolve();
    beforeWrite();
    return mayWrite();
  });
}

describe('a guarded command', () => {
  it('is claimed and written while its guard is met, with the facts of the claim and of the write', async () => {
    expect(await dispatch(() => store(4))).toBe(true);
    expect([permitted, facts]).toMatchObject([[{ speedKmh: 0 }], [{ speedKmh: 4 }]]);
  });

  it('is not claimed while its guard is not met', async () => {
    read = () => Promise.resolve({ ...PARKED, speedKmh: 6 });
    expect(await claims.claimGuarded(CLAIMER)).toEqual([]);
    expect(permitted).toEqual([]);
  });

  it.each<[string, (forbid: () => void) => Promise<boolean>]>([
    ['while the newest record is read', (forbid) => ((read = () => (forbid(), Promise.resolve(PARKED))), dispatch())],
    ['while the claim is committed', (forbid) => ((duringClaim = forbid), dispatch())],
    ['while the frame is queued', (forbid) => dispatch(forbid)],
  ])('is not written when a record that forbids it is stored %s', async (_when, play) => {
    expect(await play(() => store(6, Date.now() - 200_000))).toBe(true);
    expect(await play(() => store(6))).toBe(false);
  });

  it('is queued at once, so that no newer command comes before it', async () => {
    await claims.claimGuarded(CLAIMER);
    const queued: string[] = [];
    void claims.sendWhileMet(GUARDED, () => Promise.resolve(queued.push('guarded') > 0));
    queued.push('newer');
    expect(queued).toEqual(['guarded', 'newer']);
  });

  it('is not written on what was read two seconds ago or more', async () => {
    readAgoMs = 1_500;
    expect(await dispatch()).toBe(true);
    readAgoMs = 2_000;
    expect(await dispatch()).toBe(false);
  });

  it('is never written without a claim of its own', async () => {
    expect(await claims.sendWhileMet(GUARDED, (mayWrite) => Promise.resolve(mayWrite()))).toBe(false);
    expect(await dispatch()).toBe(true);
    expect(await claims.sendWhileMet(GUARDED, (mayWrite) => Promise.resolve(mayWrite()))).toBe(false);
  });

  it('is watched no longer than that', async () => {
    await dispatch();
    read = () => Promise.reject(new Error('no database'));
    await expect(claims.claimGuarded(CLAIMER)).rejects.toThrow('no database');
    watch.update(IMEI, [], watch.step);
    expect(watch.watches(IMEI)).toBe(false);
  });
});
