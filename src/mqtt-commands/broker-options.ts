import { readFileSync } from 'node:fs';
import type { IClientOptions } from 'mqtt';
import { SettingsError } from '../platform/config/settings.module.js';
import { SECOND_MS } from '../platform/time-units.js';
import { type MqttCommandSettings } from './mqtt-commands.settings.js';

/** Messages of the broker that are not acknowledged yet, at most. They share the transactions of the intake. */
const MAX_UNACKNOWLEDGED = 256;
const CONNECT_TIMEOUT_MS = 10 * SECOND_MS;
/** A connection that is silent for one and a half of it is given up. */
const KEEP_ALIVE_SECONDS = 15;

const FILES = [
  'MQTT_COMMANDS_PASSWORD_FILE',
  'MQTT_COMMANDS_TLS_CA_FILE',
  'MQTT_COMMANDS_TLS_CERT_FILE',
  'MQTT_COMMANDS_TLS_KEY_FILE',
] as const;

/** How the gateway connects to the broker. Throws SettingsError, which names what is wrong and never a value. */
export function brokerOptions(settings: MqttCommandSettings): IClientOptions {
  const problems: string[] = [];
  const [passwordOfFile, ca, cert, key] = FILES.map((variable) => readText(settings, variable, problems));
  const { MQTT_COMMANDS_URL: url, MQTT_COMMANDS_PASSWORD: password } = settings;
  if (url === undefined) {
    problems.push('MQTT_COMMANDS_URL must be set when MQTT_COMMANDS is true');
  }
  if (password !== undefined && passwordOfFile !== undefined) {
    problems.push('MQTT_COMMANDS_PASSWORD and MQTT_COMMANDS_PASSWORD_FILE must not both be set');
  }
  if ((cert === undefined) !== (key === undefined)) {
    problems.push('MQTT_COMMANDS_TLS_CERT_FILE and MQTT_COMMANDS_TLS_KEY_FILE must be set together');
  }
  if (url !== undefined && !URL.canParse(url)) {
    problems.push('MQTT_COMMANDS_URL is not a valid URL');
  }
  if (url === undefined || problems.length > 0) {
    throw new SettingsError(problems);
  }
  const { protocol, hostname, port, username, password: passwordOfUrl } = new URL(url);
  const isTls = protocol === 'mqtts:';
  return {
    protocol: isTls ? 'mqtts' : 'mqtt',
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port || (isTls ? 8883 : 1883)),
    ...given('username', settings.MQTT_COMMANDS_USERNAME ?? (decodeURIComponent(username) || undefined)),
    ...given('password', password ?? passwordOfFile?.trim() ?? (decodeURIComponent(passwordOfUrl) || undefined)),
    ...given('ca', ca),
    ...given('cert', cert),
    ...given('key', key),
    ...sessionOf(settings),
  };
}

/** A session that outlives its connections: the broker keeps what is not acknowledged, and sends it again. */
function sessionOf(settings: MqttCommandSettings): IClientOptions {
  return {
    protocolVersion: 5,
    clientId: settings.MQTT_COMMANDS_CLIENT_ID,
    clean: false,
    keepalive: KEEP_ALIVE_SECONDS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    // The link connects again, as long as this instance has the lease.
    reconnectPeriod: 0,
    manualConnect: true,
    properties: { sessionExpiryInterval: settings.MQTT_COMMANDS_SESSION_SECONDS, receiveMaximum: MAX_UNACKNOWLEDGED },
  };
}

function readText(settings: MqttCommandSettings, variable: (typeof FILES)[number], problems: string[]): string | undefined {
  const file = settings[variable];
  try {
    return file === undefined ? undefined : readFileSync(file, 'utf8');
  } catch (error) {
    problems.push(`${variable} can't be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown error'}`);
    return undefined;
  }
}

function given<Name extends string, T>(name: Name, value: T | undefined): { readonly [key in Name]?: T } {
  return (value === undefined ? {} : { [name]: value }) as { readonly [key in Name]?: T };
}
