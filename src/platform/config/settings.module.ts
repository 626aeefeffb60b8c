import { type DynamicModule, Module } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { ApiSettings, DatabaseSettings, MIN_KEY_LENGTH, ProcessSettings, SETTINGS } from './settings.js';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { StartError } from '../errors/errors.js';
import { commaSeparated } from './variables.js';

/** Reads the environment and `.env` once; each module injects the settings class it needs. */
@Module({})
export class SettingsModule {
  /**
   * Throws SettingsError. To be awaited: the validation begins when this is called, and a rejection that nobody waits
   * for yet would end the process with a stack instead of the reasons.
   */
  static async forRoot(): Promise<DynamicModule> {
    return {
      module: SettingsModule,
      global: true,
      imports: [await ConfigModule.forRoot({ validate: validateSettings, cache: true })],
      providers: SETTINGS.map((settingsClass) => ({
        provide: settingsClass,
        inject: [ConfigService],
        useFactory: (config: ConfigService) => config.getOrThrow<object>(settingsClass.name),
      })),
      exports: [...SETTINGS],
    };
  }
}

/** Names every variable that is wrong and why; never a value, which may be a secret. */
export class SettingsError extends StartError {
  override readonly name = 'SettingsError';

  constructor(readonly problems: readonly string[]) {
    super(`The gateway can't start with these settings:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
  }
}

/** A key that does everything must not be guessed, at whatever rate. */
const MIN_PRODUCTION_KEY_LENGTH = 12;
const SHORT_KEY = `IOT_API_KEY must be at least ${MIN_PRODUCTION_KEY_LENGTH} characters long when NODE_ENV is production, every key of it (openssl rand -hex 24 makes one)`;

export type Settings = Record<string, object>;

/** Reads every settings class from the environment. Throws SettingsError with all problems at once. */
export function validateSettings(environment: Record<string, unknown>): Settings {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const slices: Settings = {};
  const problems: string[] = [];
  for (const settingsClass of SETTINGS) {
    const slice: object = plainToInstance<object, unknown>(settingsClass, pick(given, Object.keys(new settingsClass())), {
      exposeDefaultValues: true,
    });
    for (const error of validateSync(slice, { stopAtFirstError: true })) {
      problems.push(...Object.values(error.constraints ?? { unknown: `${error.property} is not valid` }));
    }
    slices[settingsClass.name] = slice;
  }
  problems.push(...problemsInProduction(slices));
  if (problems.length > 0) {
    throw new SettingsError(problems);
  }
  return slices;
}

function pick(environment: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.filter((name) => environment[name] !== undefined).map((name) => [name, environment[name]]));
}

function problemsInProduction(slices: Settings): string[] {
  if ((slices[ProcessSettings.name] as ProcessSettings).NODE_ENV !== 'production') {
    return [];
  }
  const needed = { ...(slices[DatabaseSettings.name] as DatabaseSettings), ...(slices[ApiSettings.name] as ApiSettings) };
  const missing = (['DATABASE_URL', 'IOT_API_KEY'] as const)
    .filter((name) => needed[name] === undefined)
    .map((name) => `${name} must be set when NODE_ENV is production`);
  return isTooShort(needed.IOT_API_KEY) ? [...missing, SHORT_KEY] : missing;
}

/** Leaves out what is refused anywhere: that has a message of its own. */
function isTooShort(keys: string | undefined): boolean {
  return (
    keys !== undefined &&
    commaSeparated(keys).some(({ length }) => length >= MIN_KEY_LENGTH && length < MIN_PRODUCTION_KEY_LENGTH)
  );
}
