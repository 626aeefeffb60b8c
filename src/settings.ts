import { AccessSettings } from './access/access.settings.js';
import { AdmissionSettings } from './admission/admission.settings.js';
import { BrokerSettings } from './broker.settings.js';
import { ConsoleSettings } from './console/console.settings.js';
import { CommandSettings } from './commands/commands.settings.js';
import { DiagnosisSettings } from './diagnosis/diagnosis.settings.js';
import { EventSettings } from './events/events.settings.js';
import { StreamSettings } from './events/stream/stream.settings.js';
import { MqttCommandSettings } from './mqtt-commands/mqtt-commands.settings.js';
import { MetricsSettings } from './metrics/metrics.settings.js';
import { ApiSettings, ClusterSettings, DatabaseSettings, ProcessSettings } from './platform/config/settings.js';
import { SinkSettings } from './sinks/sinks.settings.js';
import { TelemetrySettings } from './telemetry/telemetry.settings.js';
import { TracingSettings } from './tracing/tracing.settings.js';
import { WebhookSettings } from './webhooks/webhooks.settings.js';

/** Every environment variable that the gateway reads, by the class that declares it. */
export const SETTINGS = [
  ProcessSettings,
  DatabaseSettings,
  ClusterSettings,
  BrokerSettings,
  AdmissionSettings,
  DiagnosisSettings,
  ApiSettings,
  AccessSettings,
  ConsoleSettings,
  MetricsSettings,
  TelemetrySettings,
  CommandSettings,
  MqttCommandSettings,
  EventSettings,
  StreamSettings,
  WebhookSettings,
  SinkSettings,
  TracingSettings,
] as const;
