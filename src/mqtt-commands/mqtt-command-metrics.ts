import { Injectable, type OnModuleInit } from '@nestjs/common';
import { MetricsRegistry } from '../platform/observability/metrics-registry.js';
import { BrokerLink } from './broker-link.js';
import { ANSWER_OUTCOMES, MqttCommandCounters } from './mqtt-command-counters.js';

/** Metrics of the commands that arrive through the broker. */
@Injectable()
export class MqttCommandMetrics implements OnModuleInit {
  constructor(
    private readonly link: BrokerLink,
    private readonly counters: MqttCommandCounters,
    private readonly metrics: MetricsRegistry,
  ) {}

  onModuleInit(): void {
    const { metrics, counters, link } = this;
    metrics.gauge(
      {
        name: 'iot_broker_mqtt_commands_connected',
        help: '1 while this instance takes commands from the MQTT broker, which one instance at a time does; no sample while MQTT_COMMANDS is off.',
      },
      () => (link.isEnabled ? Number(link.isConnected) : null),
    );
    metrics.gauge(
      {
        name: 'iot_broker_mqtt_commands_unacknowledged',
        help: 'Messages that this instance has received from the MQTT broker and not acknowledged.',
      },
      () => link.unacknowledged,
    );
    metrics.counter(
      {
        name: 'iot_broker_mqtt_commands_received_total',
        help: 'Messages received from the MQTT broker, those that were delivered again included.',
      },
      () => counters.received,
    );
    metrics.counter(
      {
        name: 'iot_broker_mqtt_commands_answered_total',
        help: 'Messages of the MQTT broker that were answered, by outcome. failed: for a reason of the gateway.',
        labelNames: ['outcome'],
      },
      () => ANSWER_OUTCOMES.map((outcome) => [{ outcome }, counters.answersOf(outcome)] as const),
    );
    metrics.counter(
      {
        name: 'iot_broker_mqtt_commands_answers_lost_total',
        help: 'Answers that the MQTT broker refused or did not acknowledge.',
      },
      () => counters.answersLost,
    );
    this.registerRefusals();
    metrics.counter(
      {
        name: 'iot_broker_mqtt_commands_storing_failures_total',
        help: 'Attempts to store a command of the MQTT broker that failed because the database was not available.',
      },
      () => counters.storingFailures,
    );
    metrics.counter(
      {
        name: 'iot_broker_mqtt_commands_connection_failures_total',
        help: 'Connections to the MQTT broker that failed or were lost.',
      },
      () => counters.connectionFailures,
    );
  }

  private registerRefusals(): void {
    const { metrics, counters } = this;
    metrics.counter(
      {
        name: 'iot_broker_mqtt_commands_topics_refused_total',
        help: 'Answers whose topic the MQTT broker refused, by its answer or by the end of the connection.',
      },
      () => counters.topicsRefused,
    );
    metrics.counter(
      {
        name: 'iot_broker_mqtt_commands_answers_withheld_total',
        help: 'Answers that were not published: the MQTT broker had refused their topic within the last ten minutes, or it is not valid.',
      },
      () => counters.answersWithheld,
    );
  }
}
