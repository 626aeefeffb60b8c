import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DatabaseSettings, ProcessSettings } from '../config/settings.js';
import { DatabaseAvailability } from './database-availability.js';
import { DatabaseServer } from './database-server.js';
import { PoolCheck } from './pool-check.js';
import { PoolMetrics } from './pool-metrics.js';
import { POOL_OPTIONS } from './pool-options.js';

/** The connection pool, on a database that is up to date. */
@Global()
@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      inject: [DatabaseServer, DatabaseSettings, DatabaseAvailability],
      useFactory: (server: DatabaseServer, settings: DatabaseSettings, { connections }: DatabaseAvailability) => ({
        type: 'postgres',
        url: server.url,
        poolSize: settings.DATABASE_POOL_SIZE,
        applicationName: 'iot-broker',
        synchronize: false,
        autoLoadEntities: true,
        retryAttempts: 0,
        extra: { ...POOL_OPTIONS, connections },
      }),
    }),
  ],
  providers: [
    DatabaseAvailability,
    PoolCheck,
    PoolMetrics,
    {
      provide: DatabaseServer,
      inject: [ProcessSettings, DatabaseSettings],
      useFactory: (process: ProcessSettings, database: DatabaseSettings) => DatabaseServer.start(process, database),
    },
  ],
  exports: [DatabaseServer, DatabaseAvailability, PoolCheck],
})
export class DatabaseModule {}
