import { type DynamicModule, Module } from '@nestjs/common';
import { ObservabilityModule } from '../observability/observability.module.js';
import { TypeOrmModule } from '@nestjs/typeorm';
import { type DataSourceOptions } from 'typeorm';
import { createDataSource } from './driver-statements.js';
import { DatabaseSettings, ProcessSettings } from '../config/settings.js';
import { DatabaseAvailability } from './database-availability.js';
import { DatabaseServer, type StartServer } from './database-server.js';
import { OldestSnapshotMetrics } from './oldest-snapshot.js';
import { PoolCheck, PoolMetrics } from './pool-health.js';
import { POOL_OPTIONS } from './pool.js';

/** The connection pool of a migrated database. */
@Module({})
export class DatabaseModule {
  /** @param startServer starts the server to use when DATABASE_URL is not set. */
  static forRoot(startServer: StartServer): DynamicModule {
    return {
      module: DatabaseModule,
      global: true,
      imports: [
        ObservabilityModule,
        TypeOrmModule.forRootAsync({
          inject: [DatabaseServer, DatabaseSettings, DatabaseAvailability],
          dataSourceFactory: (options) => createDataSource(options as DataSourceOptions).initialize(),
          useFactory: (server: DatabaseServer, settings: DatabaseSettings, { connections }: DatabaseAvailability) => ({
            type: 'postgres',
            url: server.url,
            poolSize: settings.DATABASE_POOL_SIZE,
            applicationName: 'iot-broker',
            synchronize: false,
            autoLoadEntities: true,
            retryAttempts: 0,
            extra: { ...POOL_OPTIONS, connections, isUnprepared: !settings.DATABASE_PREPARED_STATEMENTS },
          }),
        }),
      ],
      providers: [
        DatabaseAvailability,
        PoolCheck,
        PoolMetrics,
        OldestSnapshotMetrics,
        {
          provide: DatabaseServer,
          inject: [ProcessSettings, DatabaseSettings],
          useFactory: (process: ProcessSettings, database: DatabaseSettings) =>
            DatabaseServer.start(process, database, startServer),
        },
      ],
      exports: [DatabaseServer, DatabaseAvailability, PoolCheck],
    };
  }
}
