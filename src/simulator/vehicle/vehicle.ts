import { DigitalOutput } from './digital-output.js';
import { MobileNetwork } from './mobile-network.js';
import { PowerSupply } from './power-supply.js';
import { drawBetween, type Random } from '../random.js';
import { Ride, type TownCentre } from './ride.js';
import { SatelliteFix } from './satellite-fix.js';

const GRAVITY = 9.81;
const MILLI_G = 1000;
const MOVEMENT_STOP_DELAY_S = 60;

/** Everything that a device measures. The values of a step depend only on the random sequence. */
export class Vehicle {
  readonly ride: Ride;
  readonly fix: SatelliteFix;
  readonly power: PowerSupply;
  readonly network: MobileNetwork;
  /** Set by commands. */
  readonly outputs = [new DigitalOutput(), new DigitalOutput()] as const;
  /** Thousandths of g, signed, including gravity. */
  axisX = 0;
  axisY = 0;
  axisZ = 0;

  /** Some devices are mounted upside down. */
  private readonly gravity: number;

  constructor(
    private readonly random: Random,
    centre?: TownCentre,
  ) {
    this.ride = new Ride(random, centre);
    this.fix = new SatelliteFix(this.ride, random);
    this.power = new PowerSupply(this.ride, random);
    this.network = new MobileNetwork(this.ride, random);
    this.gravity = random() < 0.5 ? -MILLI_G : MILLI_G;
    this.readAxes();
  }

  /** Driving, or waiting at a traffic light. */
  get isIgnitionOn(): boolean {
    return this.ride.phase !== 'parked';
  }

  /** AVL id 240: a TFT100 reports a stop some time after the last movement, not at every traffic light. */
  get isMoving(): boolean {
    return this.isIgnitionOn || this.ride.phaseSeconds < MOVEMENT_STOP_DELAY_S;
  }

  advance(seconds: number): void {
    this.ride.advance(seconds);
    this.fix.advance(seconds);
    this.power.advance(seconds);
    this.network.advance();
    this.readAxes();
  }

  advanceOutputs(nowMs: number): void {
    for (const output of this.outputs) {
      output.advance(nowMs, this.ride.speedKmh);
    }
  }

  private readAxes(): void {
    const shake = this.ride.speed > 0.5 ? 60 : 4;
    const { acceleration, turning, speed } = this.ride;
    const sideways = ((turning * Math.PI) / 180) * speed;
    this.axisX = this.shaken((acceleration / GRAVITY) * MILLI_G, shake);
    this.axisY = this.shaken((sideways / GRAVITY) * MILLI_G, shake);
    this.axisZ = this.shaken(this.gravity, shake);
  }

  private shaken(value: number, shake: number): number {
    return Math.round(value + drawBetween(this.random, -shake, shake));
  }
}
