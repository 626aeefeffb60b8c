import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DatabaseSettings, ProcessSettings } from './platform/config/settings.js';
import { SettingsError, SettingsModule } from './platform/config/settings.module.js';
import { runMigrations } from './platform/database/migrations.js';
import { logFatal } from './platform/errors/errors.js';
import { GatewayLogger } from './platform/observability/gateway-logger.js';

/**
 * Brings the database that DATABASE_URL names up to date, and ends: a step of its own before a rollout, so that a migration that
 * fails stops the rollout and not the gateways. They would migrate too; the lock lets only one do it.
 */
const logger = new Logger('Migrations');

async function migrate(): Promise<void> {
  const app = await NestFactory.createApplicationContext(await SettingsModule.forRoot([ProcessSettings, DatabaseSettings]), {
    abortOnError: false,
    bufferLogs: true,
  });
  app.useLogger(new GatewayLogger(app.get(ProcessSettings)));
  const settings = app.get(DatabaseSettings);
  const url = settings.DATABASE_DIRECT_URL ?? settings.DATABASE_URL;
  if (url === undefined) {
    throw new SettingsError(['DATABASE_URL must name the database to migrate']);
  }
  const names = await runMigrations(url);
  logger.log(names.length === 0 ? 'The database is up to date' : `The database is up to date, migrated now: ${names.join(', ')}`);
}

function exitWith(error: unknown): void {
  logFatal(logger, error);
  process.exit(1);
}

migrate().then(() => process.exit(0), exitWith);
