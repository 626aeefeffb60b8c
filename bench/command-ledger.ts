import { setTimeout as delay } from 'node:timers/promises';
import { type Client } from 'pg';
import { processCpuSeconds } from './process-cpu.js';
import { wallClockMs } from './wall-clock.js';

const PROBE_EVERY_MS = 50;
const SETTLED_POLL_MS = 100;
const SETTLED_PATIENCE_MS = 30_000;

/** Process id -> seconds. */
type BackendCpu = ReadonlyMap<number, number>;

interface Probe {
  readonly committedAtMs: number;
  readonly flushMs: number;
}

/**
 * When commands were completed, by PostgreSQL's word. `completed_at` is now(), the beginning of the transaction that matched the reply,
 * and polling would weigh on what is measured. So the server runs with track_commit_timestamp, and the row's xmin gives the
 * time of its commit. That time is taken before the commit's WAL is flushed; what the flush takes is seen by a probe, which
 * commits one small row every 50 ms: its answer came so much later than its own commit timestamp. The nearest probe's time
 * is added to each command. It includes the way back to this busy process, so it is rather too much than too little.
 */
export class CommandLedger {
  private probing = false;
  private probes: Promise<Probe[]> = Promise.resolve([]);

  /** @param client is used here alone. */
  constructor(private readonly client: Client) {}

  async startProbe(): Promise<void> {
    await this.client.query('create table bench_flush_probe (probe_id integer primary key)');
    this.probing = true;
    this.probes = this.probe();
  }

  /** What the flushes took since startProbe, in the order of time. */
  async stopProbe(): Promise<Probe[]> {
    this.probing = false;
    return this.probes;
  }

  /** Commit times (Unix milliseconds, the flush not included) by command id, once no command is open. Throws when one was not completed. */
  async readCompleted(): Promise<Map<string, number>> {
    await this.untilSettled();
    const { rows } = await this.client.query<{ id: string; status: string; reason: string | null; committedAtMs: number }>(
      `select command_log_id::text as id, status, reason, extract(epoch from pg_xact_commit_timestamp(xmin))::float8 * 1000 as "committedAtMs"
         from tbl_iot_command_logs`,
    );
    const notCompleted = rows.filter(({ status }) => status !== 'COMPLETED');
    if (notCompleted.length > 0) {
      const reasons = [...new Set(notCompleted.map(({ status, reason }) => reason ?? status))].join(', ');
      throw new Error(`${notCompleted.length} of ${rows.length} commands were not completed: ${reasons}`);
    }
    return new Map(rows.map(({ id, committedAtMs }) => [id, committedAtMs]));
  }

  /** Starts to measure the CPU of the backends. Linux only, and PostgreSQL on this machine. */
  async startCpu(): Promise<BackendCpu> {
    return this.backendCpu();
  }

  /**
   * Seconds of CPU since then, of the backends that are connected now: a backend that the pool has closed in the meantime was idle, and its earlier seconds
   * must not be subtracted.
   */
  async cpuSecondsSince(start: BackendCpu): Promise<number> {
    return [...(await this.backendCpu())].reduce((sum, [pid, seconds]) => sum + seconds - (start.get(pid) ?? 0), 0);
  }

  private async backendCpu(): Promise<BackendCpu> {
    const { rows } = await this.client.query<{ pid: number }>('select pid from pg_stat_activity where backend_type = $1', [
      'client backend',
    ]);
    return new Map(rows.map(({ pid }) => [pid, processCpuSeconds(pid)]));
  }

  private async untilSettled(): Promise<void> {
    const deadline = performance.now() + SETTLED_PATIENCE_MS;
    while (performance.now() < deadline) {
      const { rows } = await this.client.query(`select from tbl_iot_command_logs where status = 'PENDING' limit 1`);
      if (rows.length === 0) {
        return;
      }
      await delay(SETTLED_POLL_MS);
    }
  }

  private async probe(): Promise<Probe[]> {
    const answeredAtMs: number[] = [];
    while (this.probing) {
      await this.client.query('insert into bench_flush_probe values ($1)', [answeredAtMs.length]);
      answeredAtMs.push(wallClockMs());
      await delay(PROBE_EVERY_MS);
    }
    const { rows } = await this.client.query<{ committedAtMs: number }>(
      `select extract(epoch from pg_xact_commit_timestamp(xmin))::float8 * 1000 as "committedAtMs"
         from bench_flush_probe order by probe_id`,
    );
    return rows.map(({ committedAtMs }, index) => ({ committedAtMs, flushMs: answeredAtMs[index]! - committedAtMs }));
  }
}

/** The flush of the probe that was committed nearest to this time. */
export function nearestFlushMs(probes: readonly Probe[], committedAtMs: number): number {
  const after = probes.findIndex((probe) => probe.committedAtMs >= committedAtMs);
  const candidates = after === -1 ? probes.slice(-1) : probes.slice(Math.max(0, after - 1), after + 1);
  const distance = (probe: Probe): number => Math.abs(probe.committedAtMs - committedAtMs);
  return candidates.toSorted((one, other) => distance(one) - distance(other))[0]?.flushMs ?? 0;
}
