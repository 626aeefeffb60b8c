import { Module } from '@nestjs/common';
import { ObservabilityModule } from '../observability/observability.module.js';
import { RetentionMetrics, TableRetention } from './table-retention.js';
import { TableRetentionRepository } from './table-retention.repository.js';

/** Deletes rows that tables need not keep. */
@Module({
  imports: [ObservabilityModule],
  providers: [RetentionMetrics, TableRetention, TableRetentionRepository],
  exports: [TableRetention],
})
export class RetentionModule {}
