import { Module } from '@nestjs/common';
import { CommandsModule } from '../commands/commands.module.js';
import { ClusterModule } from '../platform/cluster/cluster.module.js';
import { loadOptional } from '../platform/config/optional-package.js';
import { ObservabilityModule } from '../platform/observability/observability.module.js';
import { AnswerPublisher } from './answer-publisher.js';
import { BrokerLink, MQTT_CONNECT, type MqttConnect } from './broker-link.js';
import { brokerOptions } from './broker-options.js';
import { CommandReceiver } from './command-receiver.js';
import { MqttCommandCounters } from './mqtt-command-counters.js';
import { MqttCommandMetrics } from './mqtt-command-metrics.js';
import { MqttCommandSettings } from './mqtt-commands.settings.js';

/** Commands that hosts publish at a broker of MQTT 5. */
@Module({
  imports: [ClusterModule, CommandsModule, ObservabilityModule],
  providers: [
    AnswerPublisher,
    BrokerLink,
    CommandReceiver,
    MqttCommandCounters,
    MqttCommandMetrics,
    { provide: MQTT_CONNECT, inject: [MqttCommandSettings], useFactory: loadConnect },
  ],
})
export class MqttCommandsModule {}

/** Throws SettingsError, PackageMissingError. */
async function loadConnect(settings: MqttCommandSettings): Promise<MqttConnect | null> {
  if (!settings.MQTT_COMMANDS) {
    return null;
  }
  brokerOptions(settings);
  const { connect } = await loadOptional({ variable: 'MQTT_COMMANDS', packages: ['mqtt@5'] }, () => import('mqtt'));
  return connect;
}
