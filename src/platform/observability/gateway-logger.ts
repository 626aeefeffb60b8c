import { ConsoleLogger } from '@nestjs/common';
import { type ProcessSettings } from '../config/settings.js';

const LEVELS = ['fatal', 'error', 'warn', 'log', 'debug', 'verbose'] as const;
/** Nest's own account of its start: forty lines that would bury the ports and the key. */
const FRAMEWORK_CONTEXTS = [
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
  'NestMicroservice',
];

/** Nest's console logger, at the level and in the format of the settings; what the framework says of itself is debug. */
export class GatewayLogger extends ConsoleLogger {
  constructor({ LOG_LEVEL, LOG_FORMAT }: ProcessSettings) {
    super({
      logLevels: LEVELS.slice(0, LEVELS.indexOf(LOG_LEVEL) + 1),
      json: LOG_FORMAT === 'json',
      colors: Boolean(process.stdout.isTTY),
    });
  }

  override log(message: unknown, ...rest: unknown[]): void {
    const context: unknown = rest.at(-1);
    if (typeof context === 'string' && FRAMEWORK_CONTEXTS.includes(context)) {
      super.debug(message, ...rest);
    } else {
      super.log(message, ...rest);
    }
  }
}
