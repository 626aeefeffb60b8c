import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DatabaseSettings, ProcessSettings } from '../config/settings.js';
import { DatabaseServer } from './database-server.js';
import { PoolMetrics } from './pool-metrics.js';

/** The connection pool, on a database that is up to date. */
@Global()
@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      inject: [DatabaseServer, DatabaseSettings],
      useFactory: (server: DatabaseServer, settings: DatabaseSettings) => ({
        type: 'postgres',
        url: server.url,
        poolSize: settings.DATABASE_POOL_SIZE,
        applicationName: 'iot-broker',
        synchronize: false,
        autoLoadEntities: true,
        retryAttempts: 0,
        // A pool that is used up or a server that does not answer is an error to retry, not a reason to hang.
        extra: { connectionTimeoutMillis: 10_000, keepAlive: true },
      }),
    }),
  ],
  providers: [
    PoolMetrics,
    {
      provide: DatabaseServer,
      inject: [ProcessSettings, DatabaseSettings],
      useFactory: (process: ProcessSettings, database: DatabaseSettings) => DatabaseServer.start(process, database),
    },
  ],
  exports: [DatabaseServer],
})
export class DatabaseModule {}
