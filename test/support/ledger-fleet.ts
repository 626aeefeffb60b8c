import { FakeDevice } from './fake-device.js';
import { recordsFrame, type TestRecord } from './frames.js';
import { type TestDatabase } from './test-database.js';
import { waitFor } from './wait-for.js';

export interface LedgerFleetOptions {
  readonly devices: number;
  readonly recordsPerFrame: number;
  /** Where to connect, asked anew for every connection: the gateway may have moved. */
  readonly port: () => number;
  /** Each device ends after so many frames. Not given: it goes on until it is stopped. */
  readonly frames?: number;
  /** The clock of a device, by its number. Not given: right, a millisecond a record. */
  readonly clock?: (device: number, serial: number) => number;
  /** From one frame to the next of a device. Not given: as fast as it is acknowledged. */
  readonly intervalMs?: number;
}

/** A record that can be told from all others: each device's speeds and event ids count up. */
interface LedgerEntry {
  readonly imei: string;
  readonly serial: number;
}

const FIRST_IMEI = 860_000_000_000_000;
const SPEED_RANGE = 60_000;

/**
 * Devices that never stop: each sends a frame, waits for the acknowledgement, writes its records into the ledger, goes on.
 * One whose connection breaks comes back and sends what was not acknowledged again, together with newer records, as a TFT100 does.
 */
export class LedgerFleet {
  private readonly acknowledged: LedgerEntry[] = [];
  private readonly startedAt = Date.now();
  private running = true;
  private rides: Promise<void>[] = [];
  private connected = 0;
  reconnects = 0;
  /** How long each acknowledgement took, in milliseconds; whoever looks empties it. */
  latencies: number[] = [];

  constructor(private readonly options: LedgerFleetOptions) {}

  get acknowledgedRecords(): number {
    return this.acknowledged.length;
  }

  get connectedDevices(): number {
    return this.connected;
  }

  start(): void {
    this.rides = Array.from({ length: this.options.devices }, (_, index) => this.ride(index));
  }

  /** Waits until so many more records are acknowledged. */
  async acknowledge(records: number, timeoutMs = 60_000): Promise<void> {
    const goal = this.acknowledged.length + records;
    await waitFor(() => this.acknowledged.length >= goal, { timeoutMs, what: `${records} more acknowledged records` });
  }

  async stop(): Promise<void> {
    this.running = false;
    await Promise.all(this.rides);
  }

  /** Waits until every device has ended by itself. */
  async finish(): Promise<void> {
    await Promise.all(this.rides);
  }

  /** Entries of the ledger that are not in the table exactly once. */
  async findBroken(database: TestDatabase): Promise<string[]> {
    const rows = await database.query<{ imei: string; speed: number; event: number; count: number }>(
      `select iot_imei as imei, speed, event_io_id as event, count(*)::int as count from tbl_iot_telemetry_data group by 1, 2, 3`,
    );
    const stored = new Map(rows.map(({ imei, speed, event, count }) => [`${imei} ${event * SPEED_RANGE + speed}`, count]));
    return this.acknowledged.flatMap(({ imei, serial }) => {
      const count = stored.get(`${imei} ${serial}`) ?? 0;
      return count === 1 ? [] : [`${imei} #${serial} is stored ${count} times`];
    });
  }

  private async ride(index: number): Promise<void> {
    const imei = String(FIRST_IMEI + index);
    const { frames = Infinity, recordsPerFrame, intervalMs = 0 } = this.options;
    let nextSerial = 0;
    let unacknowledged: number[] = [];
    const isDone = (): boolean => !this.running || (nextSerial >= frames * recordsPerFrame && unacknowledged.length === 0);
    while (!isDone()) {
      const device = await this.connect(imei);
      if (!device) {
        continue;
      }
      this.connected++;
      try {
        while (!isDone()) {
          const room = nextSerial < frames * recordsPerFrame && unacknowledged.length + recordsPerFrame <= 255;
          const fresh = Array.from({ length: room ? recordsPerFrame : 0 }, () => nextSerial++);
          // After a break the old ones go again with new ones behind them: another frame, the same records.
          unacknowledged = [...unacknowledged, ...fresh];
          const sentAt = performance.now();
          const count = await device.exchange(recordsFrame(unacknowledged.map((serial) => this.record(index, serial))), 60_000);
          this.latencies.push(performance.now() - sentAt);
          if (count !== unacknowledged.length) {
            throw new Error(`${count} acknowledged, ${unacknowledged.length} sent`);
          }
          this.acknowledged.push(...unacknowledged.map((serial) => ({ imei, serial })));
          unacknowledged = [];
          if (intervalMs > 0) {
            await new Promise((resolve) => setTimeout(resolve, Math.max(0, sentAt + intervalMs - performance.now())));
          }
        }
      } catch {
        this.reconnects++;
      } finally {
        this.connected--;
        device.close();
      }
    }
  }

  private async connect(imei: string): Promise<FakeDevice | null> {
    try {
      return await FakeDevice.logIn(this.options.port(), imei);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
      return null;
    }
  }

  private record(device: number, serial: number): TestRecord {
    return {
      timestampMs: this.options.clock?.(device, serial) ?? this.startedAt + serial,
      speed: serial % SPEED_RANGE,
      eventIoId: Math.floor(serial / SPEED_RANGE),
      io: [
        { id: 240, value: 1 },
        { id: 66, width: 2, value: 48_000 },
        { id: 331, value: Buffer.from('c0ffee', 'hex') },
      ],
    };
  }
}
