import { drawBetween, type Random } from '../random.js';

/** The phase of a ride. Driving ends at a traffic light or in parking, and continues after both. */
export type RidePhase = 'parked' | 'driving' | 'light';

/** Degrees. */
export interface TownCentre {
  readonly latitude: number;
  readonly longitude: number;
}

/** Cathedral Square. */
const VILNIUS: TownCentre = { latitude: 54.6858, longitude: 25.2877 };
const TOWN_RADIUS_M = 4000;
const METRES_PER_DEGREE = 111_320;
const MAX_STEP_S = 1;
const ACCELERATION = 1.4;
const BRAKING = 2.2;
const TURN_SPEED = 4;
/** Degrees per second in a turn. */
const TURN_RATE = 32;
const ARRIVED_M = 2;
const KMH = 3.6;

/**
 * A light vehicle in a town. It drives from junction to junction: accelerates to the speed limit of the street, slows down for a turn, waits
 * at traffic lights, and parks between two trips. Lengths are in metres, speeds in metres per second, times in seconds.
 */
export class Ride {
  phase: RidePhase;
  latitude: number;
  longitude: number;
  speed = 0;
  /** Degrees clockwise from north. */
  heading: number;
  /** Metres per second squared, along the vehicle; negative when braking. */
  acceleration = 0;
  /** Degrees per second, positive to the right. */
  turning = 0;
  totalMetres: number;
  tripMetres = 0;
  /** Time since the phase began. */
  phaseSeconds = 0;

  private phaseLeft = 0;
  private streetHeading: number;
  private streetLimit = 0;
  private legLeft = 0;
  private tripLeft = 0;
  private endsAtLight = false;

  constructor(
    private readonly random: Random,
    private readonly centre: TownCentre = VILNIUS,
  ) {
    this.latitude = centre.latitude + this.draw(-1, 1) * (TOWN_RADIUS_M / METRES_PER_DEGREE) * 0.7;
    this.longitude = centre.longitude + (this.draw(-1, 1) * (TOWN_RADIUS_M * 0.7)) / this.metresPerDegreeEast();
    this.heading = this.draw(0, 360);
    this.streetHeading = this.heading;
    this.totalMetres = this.draw(20_000, 9_000_000);
    this.phase = 'parked';
    this.phaseLeft = this.draw(60, 900);
    if (this.random() < 0.7) {
      this.beginTrip();
    }
  }

  get speedKmh(): number {
    return this.speed * KMH;
  }

  /** Hills: the altitude depends only on the position. */
  get altitude(): number {
    return 118 + 24 * Math.sin(this.latitude * 310) + 17 * Math.cos(this.longitude * 190);
  }

  advance(seconds: number): void {
    const steps = Math.max(1, Math.ceil(seconds / MAX_STEP_S));
    for (let step = 0; step < steps; step++) {
      this.step(seconds / steps);
    }
  }

  private step(seconds: number): void {
    this.phaseSeconds += seconds;
    if (this.phase === 'driving') {
      this.drive(seconds);
      return;
    }
    this.acceleration = 0;
    this.turning = 0;
    this.phaseLeft -= seconds;
    if (this.phaseLeft <= 0) {
      if (this.phase === 'parked') {
        this.beginTrip();
      } else {
        this.begin('driving', 0);
        this.chooseStreet();
      }
    }
  }

  private drive(seconds: number): void {
    const before = this.speed;
    this.speed = this.nextSpeed(seconds);
    this.acceleration = seconds > 0 ? (this.speed - before) / seconds : 0;
    this.turn(seconds);
    this.move(((before + this.speed) / 2) * seconds);
    if (this.legLeft <= ARRIVED_M) {
      this.arrive();
    }
  }

  /** As fast as the street and the bend allow, and slow enough to brake before the junction. */
  private nextSpeed(seconds: number): number {
    const stops = this.endsAtLight || this.tripLeft <= this.legLeft;
    const endSpeed = stops ? 0 : TURN_SPEED;
    const comfortable = Math.sqrt(endSpeed ** 2 + 2 * BRAKING * Math.max(0, this.legLeft - ARRIVED_M / 2));
    const inBend = Math.abs(this.headingError()) > 20 ? TURN_SPEED : Infinity;
    const target = Math.max(0.8, Math.min(this.streetLimit, comfortable, inBend));
    const slowest = Math.max(0, this.speed - BRAKING * seconds);
    return Math.min(Math.max(target, slowest), this.speed + ACCELERATION * seconds);
  }

  private turn(seconds: number): void {
    const maxChange = TURN_RATE * seconds;
    const change = Math.max(-maxChange, Math.min(maxChange, this.headingError()));
    this.turning = seconds > 0 ? change / seconds : 0;
    this.heading = (this.heading + change + 360) % 360;
  }

  private move(metres: number): void {
    const radians = (this.heading * Math.PI) / 180;
    this.latitude += (Math.cos(radians) * metres) / METRES_PER_DEGREE;
    this.longitude += (Math.sin(radians) * metres) / this.metresPerDegreeEast();
    this.legLeft -= metres;
    this.tripLeft -= metres;
    this.totalMetres += metres;
    this.tripMetres += metres;
  }

  private arrive(): void {
    if (this.tripLeft <= ARRIVED_M) {
      this.begin('parked', this.draw(60, 900));
    } else if (this.endsAtLight) {
      this.begin('light', this.draw(6, 40));
    } else {
      this.chooseStreet();
    }
  }

  private beginTrip(): void {
    this.begin('driving', 0);
    this.tripMetres = 0;
    this.tripLeft = this.draw(700, 6000);
    this.chooseStreet();
  }

  private begin(phase: RidePhase, seconds: number): void {
    this.phase = phase;
    this.phaseLeft = seconds;
    this.phaseSeconds = 0;
    this.speed = 0;
  }

  /** Mostly straight on. Outside the town the street that leads back. */
  private chooseStreet(): void {
    const choice = this.random();
    let turn = 0;
    if (choice > 0.5) {
      turn = choice > 0.75 ? 90 : -90;
    }
    const bend = this.draw(-14, 14);
    const planned = this.streetHeading + turn + bend;
    this.streetHeading = ((this.isOutOfTown() ? this.headingToCentre() + bend : planned) + 720) % 360;
    this.streetLimit = this.draw(22, 52) / KMH;
    this.legLeft = Math.max(this.draw(90, 420), ARRIVED_M * 2);
    if (this.tripLeft - this.legLeft < 60) {
      this.legLeft = Math.max(this.tripLeft, ARRIVED_M * 2);
      this.tripLeft = this.legLeft;
    }
    this.endsAtLight = this.random() < 0.3;
  }

  private isOutOfTown(): boolean {
    const [north, east] = this.offset();
    return Math.hypot(north, east) > TOWN_RADIUS_M;
  }

  private headingToCentre(): number {
    const [north, east] = this.offset();
    return (Math.atan2(-east, -north) * 180) / Math.PI;
  }

  private offset(): [north: number, east: number] {
    const north = (this.latitude - this.centre.latitude) * METRES_PER_DEGREE;
    return [north, (this.longitude - this.centre.longitude) * this.metresPerDegreeEast()];
  }

  private headingError(): number {
    return ((this.streetHeading - this.heading + 540) % 360) - 180;
  }

  private metresPerDegreeEast(): number {
    return METRES_PER_DEGREE * Math.cos((this.latitude * Math.PI) / 180);
  }

  private draw(low: number, high: number): number {
    return drawBetween(this.random, low, high);
  }
}
