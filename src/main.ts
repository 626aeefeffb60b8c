import { setFlagsFromString } from 'node:v8';
import { Logger } from '@nestjs/common';
import { EarlyStart } from './embedded-postgres/early-start.js';
import { DatabaseSettings, ProcessSettings } from './platform/config/settings.js';
import { type Settings, SettingsModule } from './platform/config/settings.module.js';
import { logFatal } from './platform/errors/errors.js';
import { GatewayLogger } from './platform/observability/gateway-logger.js';
import { secretsOf } from './platform/observability/log-text.js';
import { SETTINGS } from './settings.js';

/** Until the settings are known, and when they are wrong: what can be said of the log without them. */
function earlyLogger(): GatewayLogger {
  const settings = new ProcessSettings();
  return new GatewayLogger(
    { ...settings, LOG_FORMAT: process.env.LOG_FORMAT === 'json' ? 'json' : 'text' },
    secretsOf(Object.entries(process.env)),
  );
}

function loggerOf(settings: Settings): GatewayLogger {
  return new GatewayLogger(
    processSettings(settings),
    secretsOf(Object.values(settings).flatMap((slice) => Object.entries(slice))),
  );
}

function processSettings(settings: Settings): ProcessSettings {
  return settings[ProcessSettings.name] as ProcessSettings;
}

/**
 * The entry of the gateway. Reads the settings, and loads the other modules, which are most of the time that a start takes, while the embedded
 * database starts.
 */
async function main(): Promise<void> {
  const database = new EarlyStart();
  try {
    const settings = await SettingsModule.forRoot(SETTINGS, (valid) => {
      Logger.overrideLogger(loggerOf(valid));
      beginDatabase(database, valid);
    });
    const { startGateway } = await import('./gateway.js');
    await startGateway(settings, (options) => database.take(options));
  } catch (error) {
    await database.abandon();
    logFatal(new Logger('Gateway'), error);
    process.exit(1);
  }
}

function beginDatabase(database: EarlyStart, settings: Settings): void {
  const { DATABASE_URL } = settings[DatabaseSettings.name] as DatabaseSettings;
  if (DATABASE_URL === undefined) {
    const logger = new Logger('Database');
    database.begin({ dataDir: processSettings(settings).databaseDir, log: (line) => logger.log(line) });
  }
}

// V8 learns that what waits for a commit lives long, and from then on makes it where only a full collection frees it. Measured at 200 devices
// with a young generation of 8 MB (see docs/performance.md): 243 to 248 MB resident with it, 153 to 155 without.
setFlagsFromString('--no-allocation-site-pretenuring');
Logger.overrideLogger(earlyLogger());
void main();
