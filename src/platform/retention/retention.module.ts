import { Module } from '@nestjs/common';
import { RetentionMetrics, TableRetention } from './table-retention.js';
import { TableRetentionRepository } from './table-retention.repository.js';

/** Deletes rows that tables need not keep. */
@Module({ providers: [RetentionMetrics, TableRetention, TableRetentionRepository], exports: [TableRetention] })
export class RetentionModule {}
