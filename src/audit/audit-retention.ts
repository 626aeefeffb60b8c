import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Cron, CronExpression } from '@nestjs/schedule';
import { AuditSettings } from '../platform/config/settings.js';
import { AuditRepository } from './audit.repository.js';

const ROWS_A_STATEMENT = 5_000;
/** What is left after this many waits for the next hour: half a million an hour is more than commands can make. */
const STATEMENTS_A_RUN = 100;

/** Ends what was kept long enough, in small bites. Every instance does it, without getting in another's way. */
@Injectable()
export class AuditRetention implements OnApplicationBootstrap {
  private readonly logger = new Logger(AuditRetention.name);

  constructor(
    private readonly settings: AuditSettings,
    private readonly repository: AuditRepository,
  ) {}

  onApplicationBootstrap(): void {
    void this.removeOld();
  }

  @Cron(CronExpression.EVERY_HOUR, { waitForCompletion: true })
  async removeOld(): Promise<void> {
    const { AUDIT_RETENTION_DAYS: days } = this.settings;
    if (days === 0) {
      return;
    }
    try {
      for (let statement = 0; statement < STATEMENTS_A_RUN; statement++) {
        if ((await this.repository.deleteOlder(days, ROWS_A_STATEMENT)) < ROWS_A_STATEMENT) {
          return;
        }
      }
    } catch (error) {
      this.logger.warn(`Old audit entries could not be removed, next try in an hour: ${String(error)}`);
    }
  }
}
