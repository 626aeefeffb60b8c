import { Module, type DynamicModule } from '@nestjs/common';
import { AccessModule } from './access/access.module.js';
import { AdmissionModule } from './admission/admission.module.js';
import { CommandsModule } from './commands/commands.module.js';
import { ConsoleModule } from './console/console.module.js';
import { devicePortOptions } from './device-port-options.js';
import { SessionsModule } from './sessions/sessions.module.js';
import { MqttCommandsModule } from './mqtt-commands/mqtt-commands.module.js';
import { MetricsModule } from './metrics/metrics.module.js';
import { startEmbeddedPostgres } from './embedded-postgres/embedded-postgres.js';
import { DeviceDataModule } from './device-data/device-data.module.js';
import { DiagnosisModule } from './diagnosis/diagnosis.module.js';
import { HealthModule } from './health/health.module.js';
import { BrokerSettings } from './broker.settings.js';
import { ProcessSettings } from './platform/config/settings.js';
import { SettingsModule } from './platform/config/settings.module.js';
import { DatabaseModule } from './platform/database/database.module.js';
import { type StartServer } from './platform/database/database-server.js';
import { EventsModule } from './events/events.module.js';
import { StreamModule } from './events/stream/stream.module.js';
import { SchedulingModule } from './platform/scheduling/periodic-tasks.js';
import { SETTINGS } from './settings.js';
import { SinksModule } from './sinks/sinks.module.js';
import { TelemetryModule } from './telemetry/telemetry.module.js';
import { TracingModule } from './tracing/tracing.module.js';
import { TransportOptionsModule } from './transport/transport.module.js';
import { WebhooksModule } from './webhooks/webhooks.module.js';

/** The composition root. */
@Module({})
export class AppModule {
  /**
   * Throws SettingsError.
   * @param settings the module of all settings, when they were read already.
   * @param startServer starts the server to use when DATABASE_URL is not set.
   */
  static async forRoot(settings?: DynamicModule, startServer: StartServer = startEmbeddedPostgres): Promise<DynamicModule> {
    return {
      module: AppModule,
      imports: [
        settings ?? (await SettingsModule.forRoot(SETTINGS)),
        DatabaseModule.forRoot(startServer),
        SchedulingModule,
        TransportOptionsModule.forRootAsync({ inject: [BrokerSettings, ProcessSettings], useFactory: devicePortOptions }),
        SessionsModule,
        MetricsModule,
        AdmissionModule,
        TelemetryModule,
        CommandsModule,
        MqttCommandsModule,
        EventsModule,
        StreamModule,
        WebhooksModule,
        SinksModule,
        AccessModule,
        ConsoleModule,
        TracingModule,
        DiagnosisModule,
        DeviceDataModule,
        HealthModule,
      ],
    };
  }
}
