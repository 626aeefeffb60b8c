import { type RecordToEncode } from '../../protocol/avl-encoder.js';
import { type RecordCodec, CODEC_16 } from '../../protocol/codec-ids.js';
import { type FaultPlan } from '../fault-plan.js';
import { ioRows, type IoRow } from '../vehicle/io-table.js';
import { drawBetween } from '../random.js';
import { RecordTemplate } from './record-template.js';
import { type Vehicle } from '../vehicle/vehicle.js';

/** An encoded record in the memory of the device. */
export interface StoredRecord {
  /** Number of the record, counted from 0. */
  readonly sequence: number;
  readonly timestampMs: number;
  /** Timestamp to last IO element, as in the frame. */
  readonly bytes: Buffer;
}

export interface RecordTimetable {
  readonly codec: RecordCodec;
  /** Time of the first record by the device's clock. */
  readonly firstMs: number;
  readonly periodMs: number;
}

interface IoValue {
  readonly id: number;
  readonly width: number;
  value: number | bigint | Buffer;
}

const PRIORITY_LOW = 0;
const PRIORITY_HIGH = 1;
const MOVEMENT_ID = 240;
const OUTPUT_IDS = [179, 180] as const;
/** Codec 16 generation types. */
const ON_CHANGE = 5;
const PERIODICAL = 7;
const YEAR_MS = 365 * 86_400_000;
const DAY_MS = 86_400_000;

/**
 * Creates the records of a device. Record n depends only on the vehicle (seed and index), on n, on the first time and on the period, except
 * for the outputs, which follow the commands.
 */
export class RecordSource {
  private readonly rows: readonly IoRow[];
  private readonly values: IoValue[];
  private tick = 0;
  private sequence = 0;
  private template: RecordTemplate | null = null;
  private wasMoving: boolean;
  private readonly lastLevels: number[];

  constructor(
    private readonly vehicle: Vehicle,
    private readonly timetable: RecordTimetable,
    private readonly faults: FaultPlan,
  ) {
    this.rows = ioRows(timetable.codec);
    this.values = this.rows.map((row) => ({ id: row.id, width: row.width, value: 0 }));
    this.wasMoving = vehicle.isMoving;
    this.lastLevels = vehicle.outputs.map((output) => output.level);
  }

  /** When the next periodic record is due, by the device's clock. */
  get nextAtMs(): number {
    return Math.round(this.timetable.firstMs + this.tick * this.timetable.periodMs);
  }

  /** Advances the vehicle by one period and returns the record of that time. */
  next(): StoredRecord {
    const timestampMs = this.nextAtMs;
    this.tick++;
    this.vehicle.advance(this.timetable.periodMs / 1000);
    const eventIoId = this.findEvent();
    return this.write(timestampMs, eventIoId, eventIoId === 0 ? PRIORITY_LOW : PRIORITY_HIGH);
  }

  /** Returns an additional record, as requested by `getrecord`. The vehicle is not advanced. */
  extra(timestampMs: number): StoredRecord {
    return this.write(timestampMs, 0, PRIORITY_HIGH);
  }

  private write(timestampMs: number, eventIoId: number, priority: number): StoredRecord {
    const time = this.faults.occurs('badClock') ? this.wrongTime(timestampMs) : timestampMs;
    const record = this.readVehicle(time, eventIoId, priority);
    this.template ??= new RecordTemplate(this.timetable.codec, record);
    return { sequence: this.sequence++, timestampMs: time, bytes: this.template.encode(record) };
  }

  private readVehicle(timestampMs: number, eventIoId: number, priority: number): RecordToEncode {
    const { fix } = this.vehicle;
    for (let row = 0; row < this.rows.length; row++) {
      this.values[row]!.value = this.rows[row]!.read(this.vehicle);
    }
    return {
      timestampMs,
      priority,
      longitude: fix.longitude,
      latitude: fix.latitude,
      altitude: fix.altitude,
      angle: fix.angle,
      satellites: fix.hasFix ? fix.satellites : 0,
      speed: fix.speedKmh,
      eventIoId,
      generationType: this.generationType(eventIoId),
      io: this.values,
    };
  }

  private generationType(eventIoId: number): number | null {
    if (this.timetable.codec !== CODEC_16) {
      return null;
    }
    return eventIoId === 0 ? PERIODICAL : ON_CHANGE;
  }

  /** Returns the AVL id whose change is an event; 0 when nothing has changed since the last record. */
  private findEvent(): number {
    let event = 0;
    const isMoving = this.vehicle.isMoving;
    if (isMoving !== this.wasMoving) {
      event = MOVEMENT_ID;
    }
    this.wasMoving = isMoving;
    this.vehicle.outputs.forEach((output, index) => {
      if (output.level !== this.lastLevels[index]) {
        event = OUTPUT_IDS[index]!;
        this.lastLevels[index] = output.level;
      }
    });
    return event;
  }

  private wrongTime(timestampMs: number): number {
    const random = this.faults.sequenceOf('badClock');
    const kind = random();
    if (kind < 1 / 3) {
      return 0;
    }
    const away = kind < 2 / 3 ? -drawBetween(random, YEAR_MS, 20 * YEAR_MS) : drawBetween(random, 3 * DAY_MS, 30 * YEAR_MS);
    return Math.round(timestampMs + away);
  }
}
