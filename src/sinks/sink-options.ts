import { EVENT_TYPES, type EventType } from '../events/event-types.js';
import { type LogStart } from '../events/event-log-reader.js';
import { commaSeparated } from '../platform/config/variables.js';
import { type EngineName } from './engine/engine-packages.js';

export interface Host {
  readonly host: string;
  readonly port: number;
}

/** One entry of SINKS. */
export interface SinkOptions {
  readonly name: string;
  readonly engine: EngineName;
  readonly hosts: readonly Host[];
  readonly tls: boolean;
  /** Template of the subject or topic. */
  readonly topic: string;
  /** Null: all types. */
  readonly types: readonly EventType[] | null;
  /** Where the sink begins when it is new. */
  readonly from: LogStart;
  /** NATS: the stream that must store the messages. */
  readonly stream: string | null;
  /** Kafka: how the user name and password are sent. */
  readonly sasl: SaslMechanism | null;
}

export const SASL_MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const;
export type SaslMechanism = (typeof SASL_MECHANISMS)[number];

interface EngineRules {
  readonly engine: EngineName;
  readonly tls: boolean;
  readonly port: number;
  readonly topic: string;
  /** What a template may consist of, besides `{imei}` and `{type}`. */
  readonly topicPattern: RegExp;
  readonly parameters: readonly string[];
}

const COMMON = ['name', 'host', 'topic', 'type', 'from', 'tls'];
const NATS: EngineRules = {
  engine: 'nats',
  tls: false,
  port: 4222,
  topic: 'iot.{imei}.{type}',
  topicPattern: /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/,
  parameters: [...COMMON, 'stream'],
};
const MQTT: EngineRules = {
  engine: 'mqtt',
  tls: false,
  port: 1883,
  topic: 'iot/{imei}/{type}',
  topicPattern: /^[^\s+#$][^\s+#]*$/,
  parameters: COMMON,
};
const KAFKA: EngineRules = {
  engine: 'kafka',
  tls: false,
  port: 9092,
  topic: 'iot-events',
  topicPattern: /^[A-Za-z0-9._-]{1,200}$/,
  parameters: [...COMMON, 'sasl'],
};
const SCHEMES: Readonly<Record<string, EngineRules>> = {
  'nats:': NATS,
  'mqtt:': MQTT,
  'mqtts:': { ...MQTT, tls: true, port: 8883 },
  'kafka:': KAFKA,
};
const NAME = /^[a-z0-9][a-z0-9-]{0,39}$/;

/** The sinks that SINKS configures, or what is wrong with it. The problems contain no URL, which may hold a password. */
export function parseSinks(text: string): { readonly sinks: readonly SinkOptions[]; readonly problems: readonly string[] } {
  const problems: string[] = [];
  const sinks = commaSeparated(text).flatMap((entry, index) => {
    const parsed = new SinkUrl(entry);
    problems.push(...parsed.problems.map((problem) => `SINKS: entry ${index + 1} ${problem}`));
    return parsed.options ?? [];
  });
  const names = sinks.map(({ name }) => name);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) {
    problems.push(`SINKS: two sinks have the name ${repeated}: give one of them another with &name=`);
  }
  return { sinks, problems };
}

/** One URL of SINKS. `options` is null when there are problems. */
class SinkUrl {
  readonly problems: string[] = [];
  readonly options: SinkOptions | null;

  constructor(text: string) {
    const url = URL.canParse(text) ? new URL(text) : null;
    const rules = url && SCHEMES[url.protocol];
    const options = rules ? this.read(url, rules) : null;
    if (!rules) {
      this.problems.push('must be a URL that begins with nats://, mqtt://, mqtts:// or kafka://');
    }
    this.options = this.problems.length === 0 ? options : null;
  }

  private read(url: URL, rules: EngineRules): SinkOptions {
    this.require(url.hostname !== '' && ['', '/'].includes(url.pathname) && url.hash === '', 'must name a host and no path');
    const variable = `SINK_${rules.engine.toUpperCase()}_PASSWORD`;
    this.require(url.username === '' && url.password === '', `must not contain a user name or password: set ${variable}`);
    for (const name of new Set(url.searchParams.keys())) {
      const known = rules.parameters.join(', ');
      this.require(rules.parameters.includes(name), `has the unknown parameter ${JSON.stringify(name)}: ${known} are known`);
      const isList = name === 'host' || name === 'type';
      this.require(isList || url.searchParams.getAll(name).length === 1, `gives ${name} more than once`);
    }
    const one = (name: string): string | null => url.searchParams.get(name);
    const name = one('name') ?? rules.engine;
    this.require(NAME.test(name), 'must have a name of lower-case letters, digits and dashes');
    return {
      name,
      engine: rules.engine,
      hosts: [url.host, ...url.searchParams.getAll('host')].map((host) => this.host(host, rules.port)),
      tls: this.oneOf('tls', one('tls') ?? String(rules.tls), ['true', 'false']) === 'true',
      topic: this.topic(one('topic') ?? rules.topic, rules),
      types: url.searchParams.has('type')
        ? url.searchParams.getAll('type').map((type) => this.oneOf('type', type, EVENT_TYPES))
        : null,
      from: this.oneOf('from', one('from') ?? 'now', ['now', 'oldest']),
      stream: one('stream'),
      sasl: one('sasl') === null ? null : this.oneOf('sasl', one('sasl')!.toUpperCase(), SASL_MECHANISMS),
    };
  }

  private host(text: string, defaultPort: number): Host {
    const url = URL.canParse(`x://${text}`) ? new URL(`x://${text}`) : null;
    this.require(url !== null && url.host === text && url.hostname !== '', 'must have hosts like 10.0.0.5:4222');
    const host = (url?.hostname ?? '').replace(/^\[|\]$/g, '');
    return { host, port: url?.port ? Number(url.port) : defaultPort };
  }

  private topic(template: string, { engine, topicPattern }: EngineRules): string {
    const filled = template.replaceAll('{imei}', '0').replaceAll('{type}', 'a.b');
    this.require(topicPattern.test(filled), `has a topic that ${engine} does not take; {imei} and {type} are filled in`);
    // A topic costs files and memory at every broker, and the key already keeps the events of a device together.
    this.require(
      engine !== 'kafka' || !template.includes('{imei}'),
      'must not have {imei} in a Kafka topic: it is the key of the message',
    );
    this.require(
      engine !== 'kafka' || !template.includes('{type}'),
      'must not have {type} in a Kafka topic: the events of a device are in order within one topic only',
    );
    return template;
  }

  private oneOf<T extends string>(parameter: string, value: string, values: readonly T[]): T {
    this.require(values.includes(value as T), `must have ${parameter} as one of ${values.join(', ')}`);
    return value as T;
  }

  private require(holds: boolean, problem: string): void {
    if (!holds) {
      this.problems.push(problem);
    }
  }
}
