import { setTimeout as delay } from 'node:timers/promises';
import { FakeDevice } from '../support/fake-device.js';
import { recordsFrame, type TestRecord } from '../support/frames.js';
import { type TestDatabase } from '../support/test-database.js';
import { waitFor } from '../support/wait-for.js';

export interface LedgerFleetOptions {
  readonly devices: number;
  readonly recordsPerFrame: number;
  /** Where to connect, requested for every connection: the gateway may have moved. */
  readonly port: () => number;
  /** Each device ends after this number of frames. Not given: it goes on until it is stopped. */
  readonly frames?: number;
  /** The clock of a device, by its number. Not given: right, a millisecond a record. */
  readonly clock?: (device: number, serial: number) => number;
  /** How long a device waits for an acknowledgement before it makes a new connection. Default 60 s. */
  readonly patienceMs?: number;
  /** From one frame to the next of a device. Not given: as fast as it is acknowledged. */
  readonly intervalMs?: number;
}

const FIRST_IMEI = 860_000_000_000_000;
/** Each record differs from all others of its device: speed and event id together count up. */
const SPEED_RANGE = 60_000;
const SHOWN = 5;

/**
 * Devices that never stop: each sends a frame, waits for the acknowledgement, writes its records into the ledger, goes on.
 * One whose connection breaks comes back and sends what was not acknowledged again, together with newer records, as a TFT100 does.
 */
export class LedgerFleet {
  /** Of each device, by its number. It never goes on before everything so far is acknowledged, so a count says which. */
  private readonly acknowledged: number[];
  private readonly startedAt = Date.now();
  private running = true;
  private rides: Promise<void>[] = [];
  private connected = 0;
  reconnects = 0;
  /** How long each acknowledgement took, in milliseconds; reading empties it. */
  latencies: number[] = [];

  constructor(private readonly options: LedgerFleetOptions) {
    this.acknowledged = Array<number>(options.devices).fill(0);
  }

  get acknowledgedRecords(): number {
    return this.acknowledged.reduce((sum, count) => sum + count, 0);
  }

  get connectedDevices(): number {
    return this.connected;
  }

  start(): void {
    this.rides = Array.from({ length: this.options.devices }, (_, index) => this.ride(index));
  }

  /** Waits until this number of further records is acknowledged. */
  async acknowledge(records: number, timeoutMs = 60_000): Promise<void> {
    const goal = this.acknowledgedRecords + records;
    await waitFor(() => this.acknowledgedRecords >= goal, { timeoutMs, what: `${records} more acknowledged records` });
  }

  async stop(): Promise<void> {
    this.running = false;
    await Promise.all(this.rides);
  }

  /** Waits until every device has ended by itself. */
  async finish(): Promise<void> {
    await Promise.all(this.rides);
  }

  /** What is acknowledged and not stored, and what is stored more than once, acknowledged or not. */
  async findBroken(database: TestDatabase): Promise<string[]> {
    const rows = await database.query<{ imei: string; stored: number; distinct: number; kept: number }>(
      `select ledger.imei, count(record.serial)::int as stored, count(distinct record.serial)::int as distinct,
              (count(distinct record.serial) filter (where record.serial < ledger.acknowledged))::int as kept
         from unnest($1::text[], $2::int[]) as ledger (imei, acknowledged)
         left join (select iot_imei as imei, event_io_id * ${SPEED_RANGE} + speed as serial from tbl_iot_telemetry_data) record using (imei)
        group by ledger.imei`,
      [this.acknowledged.map((_, index) => imeiOf(index)), this.acknowledged],
    );
    const found = new Map(rows.map((row) => [row.imei, row]));
    const broken = this.acknowledged.map(async (acknowledged, index) => {
      const imei = imeiOf(index);
      const { stored = 0, distinct = 0, kept = 0 } = found.get(imei) ?? {};
      return [
        ...(stored > distinct ? [`${imei} has ${stored - distinct} records stored more than once`] : []),
        ...(kept < acknowledged ? [`${imei} lost ${acknowledged - kept} of ${acknowledged} acknowledged records`] : []),
        ...(kept < acknowledged ? [`  ${(await this.findLost(database, imei, acknowledged)).join(', ')}`] : []),
      ];
    });
    return (await Promise.all(broken)).flat();
  }

  private async findLost(database: TestDatabase, imei: string, acknowledged: number): Promise<string[]> {
    const rows = await database.query<{ serial: number }>(
      `select serial from generate_series(0, $2::int - 1) as serial
        where not exists (select from tbl_iot_telemetry_data
                           where iot_imei = $1 and event_io_id = serial / ${SPEED_RANGE} and speed = serial % ${SPEED_RANGE})
        order by serial limit ${SHOWN}`,
      [imei, acknowledged],
    );
    return rows.map(({ serial }) => `#${serial}`);
  }

  private async ride(index: number): Promise<void> {
    const imei = imeiOf(index);
    const { frames = Infinity, recordsPerFrame, intervalMs = 0, patienceMs = 60_000 } = this.options;
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
          const count = await device.exchange(
            recordsFrame(unacknowledged.map((serial) => this.record(index, serial))),
            patienceMs,
          );
          this.latencies.push(performance.now() - sentAt);
          if (count !== unacknowledged.length) {
            throw new Error(`${count} acknowledged, ${unacknowledged.length} sent`);
          }
          this.acknowledged[index] = nextSerial;
          unacknowledged = [];
          if (intervalMs > 0) {
            await delay(Math.max(0, sentAt + intervalMs - performance.now()));
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
      await delay(50);
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

function imeiOf(index: number): string {
  return String(FIRST_IMEI + index);
}
