import { Exposition } from '../../support/exposition.js';
import { API_KEY, type Gateway } from '../../support/gateway.js';

/** A gateway that takes commands from the broker on this port of 127.0.0.1. */
export function mqttSettings(port: number): Record<string, string> {
  return { MQTT_COMMANDS: 'true', MQTT_COMMANDS_URL: `mqtt://127.0.0.1:${port}` };
}

export async function isConnected(gateway: Gateway): Promise<boolean> {
  return (await mqttMetric(gateway, 'connected')) === 1;
}

/** A metric of `iot_broker_mqtt_commands_`, or null. */
export async function mqttMetric(gateway: Gateway, name: string): Promise<number | null> {
  const response = await fetch(`${gateway.apiUrl}/metrics`, { headers: { 'x-api-key': API_KEY } });
  return new Exposition(await response.text()).value(`iot_broker_mqtt_commands_${name}`);
}
