import { IsOptional, IsString, Matches, ValidateBy } from 'class-validator';
import { FlagVariable, IntegerVariable } from '../platform/config/variables.js';
import { CommandTopic } from './command-topic.js';

/** Commands that hosts publish at a broker of MQTT 5: see [commands by MQTT](../guides/mqtt-commands.md). */
export class MqttCommandSettings {
  /** Take commands from the broker at `MQTT_COMMANDS_URL`; needs the npm package `mqtt`. */
  @FlagVariable()
  readonly MQTT_COMMANDS: boolean = false;

  /** The broker: `mqtt://host:1883`, or `mqtts://host:8883` with TLS; can contain a user name and a password. */
  @IsOptional()
  @Matches(/^mqtts?:\/\/[^/?#\s]+\/?$/, { message: 'MQTT_COMMANDS_URL must be like mqtt://host:1883 or mqtts://host:8883' })
  readonly MQTT_COMMANDS_URL?: string;

  /** User name at the broker; not set: that of the URL. */
  @IsOptional()
  @IsString()
  readonly MQTT_COMMANDS_USERNAME?: string;

  /** Password at the broker; not set: that of `MQTT_COMMANDS_PASSWORD_FILE`, or of the URL. */
  @IsOptional()
  @IsString()
  readonly MQTT_COMMANDS_PASSWORD?: string;

  /** File with the password at the broker, read at each connection. */
  @IsOptional()
  @IsString()
  readonly MQTT_COMMANDS_PASSWORD_FILE?: string;

  /** PEM file with the authorities that sign the certificate of the broker; not set: those of Node.js. */
  @IsOptional()
  @IsString()
  readonly MQTT_COMMANDS_TLS_CA_FILE?: string;

  /** PEM file with the certificate of the gateway, for a broker that requires one. */
  @IsOptional()
  @IsString()
  readonly MQTT_COMMANDS_TLS_CERT_FILE?: string;

  /** PEM file with the private key of that certificate. */
  @IsOptional()
  @IsString()
  readonly MQTT_COMMANDS_TLS_KEY_FILE?: string;

  /** The topic of commands; `{imei}` is one of its levels. */
  @ValidateBy(
    { name: 'commandTopic', validator: { validate: CommandTopic.isValid } },
    { message: 'MQTT_COMMANDS_TOPIC must have {imei} as one of its levels, and no wildcards, like iot/{imei}/command' },
  )
  readonly MQTT_COMMANDS_TOPIC: string = 'iot/{imei}/command';

  /** Client id of the session at the broker, which the gateways on one database share; gateways on another database need another one. */
  @Matches(/^[A-Za-z0-9_-]{1,64}$/, { message: 'MQTT_COMMANDS_CLIENT_ID must be 1 to 64 letters, digits, - and _' })
  readonly MQTT_COMMANDS_CLIENT_ID: string = 'iot-broker-commands';

  /** Seconds for which the broker keeps the session, and the commands in it, while no gateway is connected. */
  @IntegerVariable(0, 4_294_967_295)
  readonly MQTT_COMMANDS_SESSION_SECONDS: number = 86_400;
}
