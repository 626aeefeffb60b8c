import { Module, type DynamicModule } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { SETTINGS } from './settings.js';
import { validateSettings } from './validate-settings.js';

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
