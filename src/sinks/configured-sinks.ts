import { type EventSettings } from '../events/events.settings.js';
import { SettingsError } from '../platform/config/settings.module.js';
import { SECOND_MS } from '../platform/time-units.js';
import { readCredentials } from './engine/engine-credentials.js';
import { type EngineOptions, topicFrom } from './engine/engine-options.js';
import { type EngineName } from './engine/engine-packages.js';
import { type SinkEngine } from './engine/sink-engine.js';
import { parseSinks, type SinkOptions } from './sink-options.js';
import { type SinkSettings } from './sinks.settings.js';

/** A sink with the client of its engine. */
export interface ConfiguredSink {
  readonly options: SinkOptions;
  readonly engine: SinkEngine;
}

/** Clients are loaded where a sink needs them: none of them is installed with the gateway. */
const ENGINES: Readonly<Record<EngineName, (options: EngineOptions) => Promise<SinkEngine>>> = {
  nats: async (options) => (await import('./nats/nats-engine.js')).NatsEngine.load(options),
  mqtt: async (options) => (await import('./mqtt/mqtt-engine.js')).MqttEngine.load(options),
  kafka: async (options) => (await import('./kafka/kafka-engine.js')).KafkaEngine.load(options),
};

/** The sinks of SINKS. Throws SettingsError, and PackageMissingError when a client is not installed. */
export async function configuredSinks({ SINKS }: EventSettings, settings: SinkSettings): Promise<ConfiguredSink[]> {
  const { sinks, problems } = parseSinks(SINKS ?? '');
  const read = sinks.map((sink) => ({ sink, ...readCredentials(sink.engine, settings) }));
  const all = new Set([...problems, ...read.flatMap(({ problems: ofSink }) => ofSink)]);
  if (all.size > 0) {
    throw new SettingsError([...all]);
  }
  const timeoutMs = settings.SINK_TIMEOUT_SECONDS * SECOND_MS;
  return Promise.all(
    read.map(async ({ sink, credentials }) => {
      const engine = await ENGINES[sink.engine]({ sink, credentials, timeoutMs, topicOf: topicFrom(sink.topic) });
      return { options: sink, engine };
    }),
  );
}
