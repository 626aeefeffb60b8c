import { drawBetween, type Random } from '../random.js';
import { type Ride } from './ride.js';

/** A 13-cell pack, millivolts empty and full. */
const PACK_EMPTY_MV = 41_600;
const PACK_FULL_MV = 54_200;
const PACK_RANGE_M = 45_000;
const SWAP_BELOW = 0.25;
/** The small battery of the device, millivolts empty and full. */
const BATTERY_EMPTY_MV = 3400;
const BATTERY_FULL_MV = 4120;
const BATTERY_LIFE_S = 5 * 3600;
const BATTERY_CHARGE_S = 2 * 3600;
const CHARGE_CURRENT_MA = 145;

/**
 * The battery pack of the vehicle, which is discharged by driving and replaced by a full one while the vehicle is parked, and the battery of the
 * device, which supplies it during the replacement and is then charged from the pack.
 */
export class PowerSupply {
  private packCharge: number;
  private batteryCharge: number;
  private swapLeft = 0;
  private drivenMetres: number;

  constructor(
    private readonly ride: Ride,
    private readonly random: Random,
  ) {
    this.packCharge = drawBetween(random, 0.2, 1);
    this.batteryCharge = drawBetween(random, 0.7, 1);
    this.drivenMetres = ride.totalMetres;
  }

  get isPackPresent(): boolean {
    return this.swapLeft <= 0;
  }

  /** AVL ids 66 and 800. The voltage drops under load. */
  get externalMillivolts(): number {
    if (!this.isPackPresent) {
      return 0;
    }
    const sag = Math.max(0, this.ride.acceleration) * 420 + this.ride.speed * 30;
    return Math.round(PACK_EMPTY_MV + (PACK_FULL_MV - PACK_EMPTY_MV) * this.packCharge - sag);
  }

  /** AVL id 67. */
  get batteryMillivolts(): number {
    return Math.round(BATTERY_EMPTY_MV + (BATTERY_FULL_MV - BATTERY_EMPTY_MV) * this.batteryCharge);
  }

  /** AVL id 68: the charging current, which decreases as the battery is charged. */
  get batteryMilliamps(): number {
    return this.isCharging ? Math.round(CHARGE_CURRENT_MA * Math.min(1, (1 - this.batteryCharge) * 5 + 0.05)) : 0;
  }

  /** AVL id 113. */
  get batteryPercent(): number {
    return Math.round(this.batteryCharge * 100);
  }

  get isCharging(): boolean {
    return this.isPackPresent && this.batteryCharge < 1;
  }

  advance(seconds: number): void {
    const metres = this.ride.totalMetres - this.drivenMetres;
    this.drivenMetres = this.ride.totalMetres;
    this.packCharge = Math.max(0, this.packCharge - metres / PACK_RANGE_M);
    this.swap(seconds);
    const change = this.isPackPresent ? seconds / BATTERY_CHARGE_S : -seconds / BATTERY_LIFE_S;
    this.batteryCharge = Math.min(1, Math.max(0, this.batteryCharge + change));
  }

  private swap(seconds: number): void {
    if (this.swapLeft > 0) {
      this.swapLeft -= seconds;
      if (this.swapLeft <= 0 || this.ride.phase !== 'parked') {
        this.swapLeft = 0;
        this.packCharge = 1;
      }
    } else if (this.ride.phase === 'parked' && this.packCharge < SWAP_BELOW) {
      this.swapLeft = drawBetween(this.random, 40, 180);
    }
  }
}
