import { CODEC_8, CODEC_8_EXTENDED, type RecordCodec } from '../../protocol/codec-ids.js';
import { type Vehicle } from './vehicle.js';

export interface IoRow {
  readonly id: number;
  /** Number of bytes; of the element with variable length, its length. */
  readonly width: number;
  readonly read: (vehicle: Vehicle) => number | bigint | Buffer;
}

const ISO6709_ID = 387;
const ISO6709_BYTES = 34;
const HIGHEST_ONE_BYTE_ID = 0xff;

/** The IO elements of a TFT100 record, in the order of their groups. */
const ROWS: readonly IoRow[] = [
  { id: 239, width: 1, read: (vehicle) => bit(vehicle.isIgnitionOn) },
  { id: 240, width: 1, read: (vehicle) => bit(vehicle.isMoving) },
  { id: 303, width: 1, read: (vehicle) => bit(vehicle.ride.speed > 0.5) },
  { id: 21, width: 1, read: (vehicle) => vehicle.network.signal },
  { id: 200, width: 1, read: (vehicle) => vehicle.fix.sleepMode },
  { id: 69, width: 1, read: (vehicle) => vehicle.fix.status },
  { id: 113, width: 1, read: (vehicle) => vehicle.power.batteryPercent },
  { id: 1, width: 1, read: (vehicle) => bit(vehicle.isIgnitionOn) },
  { id: 2, width: 1, read: (vehicle) => bit(vehicle.power.isPackPresent) },
  { id: 3, width: 1, read: () => 0 },
  { id: 262, width: 1, read: () => 0 },
  { id: 179, width: 1, read: (vehicle) => vehicle.outputs[0].level },
  { id: 180, width: 1, read: (vehicle) => vehicle.outputs[1].level },
  { id: 66, width: 2, read: (vehicle) => vehicle.power.externalMillivolts },
  { id: 67, width: 2, read: (vehicle) => vehicle.power.batteryMillivolts },
  { id: 68, width: 2, read: (vehicle) => vehicle.power.batteryMilliamps },
  { id: 181, width: 2, read: (vehicle) => vehicle.fix.pdop },
  { id: 182, width: 2, read: (vehicle) => vehicle.fix.hdop },
  { id: 205, width: 2, read: (vehicle) => vehicle.network.cellId },
  { id: 206, width: 2, read: (vehicle) => vehicle.network.areaCode },
  { id: 9, width: 2, read: (vehicle) => analogInput(vehicle) },
  { id: 6, width: 2, read: () => 0 },
  { id: 17, width: 2, read: (vehicle) => vehicle.axisX & 0xffff },
  { id: 18, width: 2, read: (vehicle) => vehicle.axisY & 0xffff },
  { id: 19, width: 2, read: (vehicle) => vehicle.axisZ & 0xffff },
  { id: 16, width: 4, read: (vehicle) => Math.floor(vehicle.ride.totalMetres) },
  { id: 199, width: 4, read: (vehicle) => Math.floor(vehicle.ride.tripMetres) },
  { id: 241, width: 4, read: (vehicle) => vehicle.network.operator },
  { id: 800, width: 4, read: (vehicle) => vehicle.power.externalMillivolts },
  { id: 11, width: 8, read: (vehicle) => vehicle.network.iccidHead },
  { id: 14, width: 8, read: (vehicle) => vehicle.network.iccidTail },
  { id: ISO6709_ID, width: ISO6709_BYTES, read: (vehicle) => iso6709(vehicle) },
];

/** In codec 8 an id has one byte. Only codec 8 Extended has elements of variable length. */
export function ioRows(codec: RecordCodec): readonly IoRow[] {
  if (codec === CODEC_8_EXTENDED) {
    return ROWS;
  }
  const fixed = ROWS.filter((row) => row.id !== ISO6709_ID);
  return codec === CODEC_8 ? fixed.filter((row) => row.id <= HIGHEST_ONE_BYTE_ID) : fixed;
}

/** Returns the current value of an element. Null for an id that the device does not have. */
export function readIo(vehicle: Vehicle, id: number): number | bigint | Buffer | null {
  return ROWS.find((row) => row.id === id)?.read(vehicle) ?? null;
}

/** Millivolts of AIN1: the battery pack through the 1:10 divider of the vehicle. */
export function analogInput(vehicle: Vehicle): number {
  return Math.round(vehicle.power.externalMillivolts / 10);
}

/** The format of the sample capture of the wiki: ten-thousandths of degrees with four decimals, kilometres of height, 34 characters. */
function iso6709(vehicle: Vehicle): Buffer {
  const { latitude, longitude, altitude } = vehicle.fix;
  const height = `${altitude < 0 ? '-' : '+'}000.${digits(altitude, 3)}`;
  return Buffer.from(`${degrees(latitude, 9)}${degrees(longitude, 10)}${height}/`, 'latin1');
}

function degrees(tenMillionths: number, width: number): string {
  const text = digits(tenMillionths, width);
  return `${tenMillionths < 0 ? '-' : '+'}${text.slice(0, -3)}.${text.slice(-3)}0`;
}

function digits(value: number, width: number): string {
  return String(Math.abs(value)).padStart(width, '0');
}

function bit(value: boolean): number {
  return value ? 1 : 0;
}
