import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { type Pool } from 'pg';
import { DataSource } from 'typeorm';
import { DatabaseAvailability } from './database-availability.js';
import { type DatabaseState, IS_WRITABLE } from './server-probe.js';

/** Whether statements of the pool can write. */
@Injectable()
export class PoolCheck implements OnModuleInit {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly availability: DatabaseAvailability,
  ) {}

  get pool(): Pool {
    return (this.dataSource.driver as unknown as { master: Pool }).master;
  }

  onModuleInit(): void {
    this.availability.connections.watch(this.pool);
  }

  /** Asks the pool, unless the database is known to be unavailable. Rejects when it can't be asked. */
  async run(): Promise<DatabaseState> {
    if (this.availability.state !== 'available') {
      return this.availability.state;
    }
    const [{ isWritable }] = await this.dataSource.query<[{ isWritable: boolean }]>(`select ${IS_WRITABLE} as "isWritable"`);
    if (!isWritable) {
      this.availability.suspectReadOnly();
      return 'read-only';
    }
    return 'available';
  }
}
