import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { KEYS_USAGE, runKeysCommand } from './access/keys/keys-command.js';
import { KeysModule } from './access/keys/keys.module.js';
import { KeysService } from './access/keys/keys.service.js';
import { AuditLogModule } from './access/audit/audit-log.module.js';
import { DatabaseSettings, ProcessSettings } from './platform/config/settings.js';
import { SettingsModule } from './platform/config/settings.module.js';
import { sqlState } from './platform/database/database-errors.js';
import { findRunningServer } from './embedded-postgres/postmaster-pid.js';
import { DomainError, StartError } from './platform/errors/errors.js';
import { SETTINGS } from './settings.js';

/** `npm run keys`: makes, lists and revokes keys of the REST API on the database of a gateway, running or not. */

const UNDEFINED_TABLE = '42P01';

@Module({})
class KeysCliModule {}

async function main(args: readonly string[]): Promise<void> {
  if (args.length === 0 || args.includes('--help')) {
    process.stdout.write(`${KEYS_USAGE}\n`);
    return;
  }
  const app = await NestFactory.createApplicationContext(
    {
      module: KeysCliModule,
      imports: [
        await SettingsModule.forRoot(SETTINGS),
        TypeOrmModule.forRootAsync({
          inject: [DatabaseSettings, ProcessSettings],
          useFactory: async (database: DatabaseSettings, { databaseDir }: ProcessSettings) => ({
            type: 'postgres',
            url: database.DATABASE_URL ?? (await findRunningServer(databaseDir)),
            poolSize: 1,
            autoLoadEntities: true,
            applicationName: 'iot-broker keys',
            retryAttempts: 0,
            extra: { connectionTimeoutMillis: 10_000 },
          }),
        }),
        AuditLogModule,
        KeysModule,
      ],
    },
    { abortOnError: false, logger: ['fatal'] },
  );
  try {
    await runKeysCommand(app.get(KeysService), args, {
      say: (line) => process.stderr.write(`${line}\n`),
      print: (line) => process.stdout.write(`${line}\n`),
    });
  } finally {
    await app.close();
  }
}

function explain(error: unknown): string {
  if (sqlState(error) === UNDEFINED_TABLE) {
    return 'The database has no table of keys yet: start this version of the gateway once.';
  }
  return error instanceof DomainError || error instanceof StartError
    ? error.message
    : String(error instanceof Error ? error.stack : error);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${explain(error)}\n`);
  process.exitCode = 1;
});
