import { type DynamicModule, Module } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { ProcessSettings } from './settings.js';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { StartError } from '../errors/errors.js';

/** A class of environment variables: its fields are their names, with their defaults and validators. */
export interface SettingsClass {
  new (): object;
  /** Names what NODE_ENV=production requires and the settings lack. */
  problemsInProduction?(settings: object): string[];
}

/** Reads the environment and `.env` once. Providers inject the settings class that they need. */
@Module({})
export class SettingsModule {
  /**
   * Throws SettingsError. Must be awaited at once: validation starts with the call, and an unhandled rejection would end the process with a
   * stack instead of the reasons.
   * @param onValid called with the settings, before any module is made.
   */
  static async forRoot(classes: readonly SettingsClass[], onValid?: (settings: Settings) => void): Promise<DynamicModule> {
    const validate = (environment: Record<string, unknown>): Settings => {
      const settings = validateSettings(environment, classes);
      onValid?.(settings);
      return settings;
    };
    return {
      module: SettingsModule,
      global: true,
      imports: [await ConfigModule.forRoot({ validate, cache: true })],
      providers: classes.map((settingsClass) => ({
        provide: settingsClass,
        inject: [ConfigService],
        useFactory: (config: ConfigService) => config.getOrThrow<object>(settingsClass.name),
      })),
      exports: [...classes],
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

export type Settings = Record<string, object>;

/** Reads every settings class from the environment. Throws SettingsError with all problems at once. */
export function validateSettings(environment: Record<string, unknown>, classes: readonly SettingsClass[]): Settings {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const slices: Settings = {};
  const problems: string[] = [];
  for (const settingsClass of classes) {
    const slice: object = plainToInstance<object, unknown>(settingsClass, pick(given, Object.keys(new settingsClass())), {
      exposeDefaultValues: true,
    });
    for (const error of validateSync(slice, { stopAtFirstError: true })) {
      problems.push(...Object.values(error.constraints ?? { unknown: `${error.property} is not valid` }));
    }
    slices[settingsClass.name] = slice;
  }
  problems.push(...problemsInProduction(slices, classes));
  if (problems.length > 0) {
    throw new SettingsError(problems);
  }
  return slices;
}

function pick(environment: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.filter((name) => environment[name] !== undefined).map((name) => [name, environment[name]]));
}

function problemsInProduction(slices: Settings, classes: readonly SettingsClass[]): string[] {
  if ((slices[ProcessSettings.name] as ProcessSettings).NODE_ENV !== 'production') {
    return [];
  }
  return classes.flatMap((settingsClass) => settingsClass.problemsInProduction?.(slices[settingsClass.name] ?? {}) ?? []);
}
