import { iccid } from '../../protocol/io-value.js';
import { type DeviceParameters } from './device-parameters.js';
import { analogInput } from '../vehicle/io-table.js';
import { GNSS_SLEEP } from '../vehicle/satellite-fix.js';
import { type Vehicle } from '../vehicle/vehicle.js';

/** What the replies show of the device. */
export interface DeviceView {
  readonly imei: string;
  readonly vehicle: Vehicle;
  readonly parameters: DeviceParameters;
  /** By the device's clock. */
  readonly nowMs: number;
  readonly bootedAtMs: number;
  readonly restarts: number;
  /** Records not acknowledged yet. */
  readonly waitingRecords: number;
}

const DATA_LINK_OPEN = 1;
const NET_TYPE_2G = 1;
/** Field "GPS" of getinfo. Its numbers differ from those of AVL id 69. */
const GPS_ON_NO_FIX = 1;
const GPS_ON_FIX = 2;
const GPS_SLEEP = 3;

export function infoText(view: DeviceView): string {
  const { fix } = view.vehicle;
  return [
    `RTC:${dateText(view.nowMs, '/')} ${clockText(view.nowMs)}`,
    `Init:${dateText(view.bootedAtMs, '/')} ${clockText(view.bootedAtMs)}`,
    `UpTime:${upTimeSeconds(view)}s PWR:PwrVoltage RST:${view.restarts}`,
    `GPS:${gpsState(view.vehicle)} SAT:${fix.hasFix ? fix.satellites : 0} TTFF:0 TTLF:0 NOGPS: 0:0 SR:0 FG:0 FL:0 SMS: 0`,
    `REC:${view.waitingRecords} MD:${view.vehicle.isMoving ? 1 : 0} DB:0`,
  ].join(' ');
}

export function versionText(view: DeviceView): string {
  const init = `${dateText(view.bootedAtMs, '-')} ${clockText(view.bootedAtMs)}`;
  const mac = `002E${view.imei.slice(-8)}`;
  return (
    `Ver:02.00.01_06 GPS:AXN_3.80_3333_16070400,0000,, Hw:TFT100 Mod:1 IMEI:${view.imei} ` +
    `Init: ${init} Uptime: ${upTimeSeconds(view)} MAC:${mac} SPC:0(0) AXL:0 OBD:0 BL:1.6 BT:4`
  );
}

export function statusText(view: DeviceView): string {
  const { network } = view.vehicle;
  return (
    `Data Link: ${DATA_LINK_OPEN} GPRS: 1 Phone: 0 SIM: 0 OP: ${network.operator} Signal: ${network.signal} NewSMS: 0 Roaming: 0 ` +
    `SMSFull: 0 LAC: ${network.areaCode} Cell ID: ${network.cellId} NetType: ${NET_TYPE_2G} FwUpd:0`
  );
}

export function gpsText(view: DeviceView): string {
  const { fix } = view.vehicle;
  return (
    `GPS:${fix.hasFix ? 1 : 0} Sat:${fix.hasFix ? fix.satellites : 0} Lat:${degreesText(fix.latitude)} ` +
    `Long:${degreesText(fix.longitude)} Alt:${fix.altitude} Speed:${fix.speedKmh} Dir:${fix.angle} ` +
    `Date: ${dateText(view.nowMs, '/')} Time: ${clockText(view.nowMs, true)}`
  );
}

export function mapText(view: DeviceView): string {
  const { fix } = view.vehicle;
  if (!fix.hasFix) {
    return 'GPS Data not Available. No GPS signal';
  }
  const [latitude, longitude] = [degreesText(fix.latitude), degreesText(fix.longitude)];
  return (
    `D:${dateText(view.nowMs, '/')} T:${clockText(view.nowMs, true)} S:${fix.speedKmh.toFixed(2)} C:${latitude}, ${longitude} ` +
    `Url: http://maps.google.com/?q=${latitude},${longitude}&om=1speed:${fix.speedKmh}`
  );
}

export function ioText(view: DeviceView): string {
  const { vehicle } = view;
  const inputs = `DI1:${vehicle.isIgnitionOn ? 1 : 0} DI2:${vehicle.power.isPackPresent ? 1 : 0} DI3:0`;
  return `${inputs} AIN1:${analogInput(vehicle)} AIN2:0 DO1:${vehicle.outputs[0].level} DO2:${vehicle.outputs[1].level}`;
}

export function batteryText(view: DeviceView): string {
  const { power } = view.vehicle;
  return (
    `BatState: 1 FSMState: ACTIVE ChargerIC: ${power.isCharging ? 'ON' : 'OFF'} ExtV: ${power.externalMillivolts} ` +
    `BatV: ${power.batteryMillivolts} BatI: ${power.batteryMilliamps}`
  );
}

export function simText(view: DeviceView): string {
  const { network } = view.vehicle;
  return `IMEI: ${view.imei}, CCID: ${iccid(network.iccidHead, network.iccidTail)}`;
}

function gpsState(vehicle: Vehicle): number {
  if (vehicle.fix.hasFix) {
    return GPS_ON_FIX;
  }
  return vehicle.fix.status === GNSS_SLEEP ? GPS_SLEEP : GPS_ON_NO_FIX;
}

function upTimeSeconds(view: DeviceView): number {
  return Math.floor((view.nowMs - view.bootedAtMs) / 1000);
}

function degreesText(tenMillionths: number): string {
  return (tenMillionths / 1e7).toFixed(6);
}

/** Without leading zeros, as the device writes it. */
function dateText(timeMs: number, separator: string): string {
  const date = new Date(timeMs);
  return [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()].join(separator);
}

function clockText(timeMs: number, withSeconds = false): string {
  const date = new Date(timeMs);
  const minutes = `${date.getUTCHours()}:${date.getUTCMinutes()}`;
  return withSeconds ? `${minutes}:${date.getUTCSeconds()}` : minutes;
}
