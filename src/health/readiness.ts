import { Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';

/** Turns false before anything is closed, so that a balancer sends no more. */
@Injectable()
export class Readiness {
  private withdrawn = false;

  constructor(private readonly indicators: HealthIndicatorService) {}

  /** For good: this gateway is about to stop. */
  withdraw(): void {
    this.withdrawn = true;
  }

  check(key: string): HealthIndicatorResult {
    const indicator = this.indicators.check(key);
    return this.withdrawn ? indicator.down('stopping') : indicator.up();
  }
}
