import { drawBetween, drawInteger, type Random } from '../random.js';
import { type Ride } from './ride.js';

/** AVL id 69. */
const GNSS_FIX = 1;
const GNSS_NO_FIX = 2;
export const GNSS_SLEEP = 3;

/** AVL id 200. */
const SLEEP_OFF = 0;
const SLEEP_GNSS = 1;

/** A parked TFT100 puts its GNSS receiver to sleep after this time. */
const SLEEP_AFTER_S = 300;
/** The signal is lost about once in half an hour of driving. */
const COVERED_PER_SECOND = 1 / 1800;

/**
 * The readings of the GNSS receiver. Without a fix a device keeps the last valid position and reports no satellites, no altitude, no angle
 * and no speed.
 */
export class SatelliteFix {
  satellites: number;
  status = GNSS_FIX;
  sleepMode = SLEEP_OFF;
  /** Degrees times 10,000,000. */
  latitude = 0;
  longitude = 0;
  altitude = 0;
  angle = 0;
  speedKmh = 0;
  /** Tenths. */
  pdop = 0;
  hdop = 0;

  private lostSeconds = 0;

  constructor(
    private readonly ride: Ride,
    private readonly random: Random,
  ) {
    this.satellites = drawInteger(random, 9, 16);
    this.readPosition();
  }

  get hasFix(): boolean {
    return this.status === GNSS_FIX;
  }

  advance(seconds: number): void {
    this.status = this.nextStatus(seconds);
    if (this.hasFix) {
      this.satellites = Math.min(19, Math.max(5, this.satellites + drawInteger(this.random, -1, 1)));
      this.hdop = Math.round(drawBetween(this.random, 60, 90) / this.satellites);
      this.pdop = this.hdop + drawInteger(this.random, 2, 6);
      this.readPosition();
    } else {
      this.angle = this.speedKmh = this.altitude = this.hdop = this.pdop = 0;
    }
  }

  private nextStatus(seconds: number): number {
    const isLongParked = this.ride.phase === 'parked' && this.ride.phaseSeconds > SLEEP_AFTER_S;
    const coverChance = this.random();
    this.sleepMode = isLongParked ? SLEEP_GNSS : SLEEP_OFF;
    if (isLongParked) {
      this.lostSeconds = drawBetween(this.random, 3, 25);
      return GNSS_SLEEP;
    }
    if (this.lostSeconds <= 0 && coverChance < COVERED_PER_SECOND * seconds) {
      this.lostSeconds = drawBetween(this.random, 4, 40);
    }
    this.lostSeconds -= seconds;
    return this.lostSeconds > 0 ? GNSS_NO_FIX : GNSS_FIX;
  }

  private readPosition(): void {
    this.latitude = Math.round(this.ride.latitude * 1e7);
    this.longitude = Math.round(this.ride.longitude * 1e7);
    this.altitude = Math.round(this.ride.altitude);
    this.angle = Math.round(this.ride.heading) % 360;
    this.speedKmh = Math.round(this.ride.speedKmh);
  }
}
