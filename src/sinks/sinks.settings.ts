import { IsOptional, IsString } from 'class-validator';
import { IntegerVariable } from '../platform/config/variables.js';

/** Engines that receive events: how the gateway authenticates to those of `SINKS`, and how long it waits for them. */
export class SinkSettings {
  /** Seconds in which an engine must accept a connection, and acknowledge what was published. */
  @IntegerVariable(1, 300)
  readonly SINK_TIMEOUT_SECONDS: number = 10;

  /** User name at NATS. */
  @IsOptional()
  @IsString()
  readonly SINK_NATS_USERNAME?: string;

  /** Password at NATS. */
  @IsOptional()
  @IsString()
  readonly SINK_NATS_PASSWORD?: string;

  /** File with the password at NATS. */
  @IsOptional()
  @IsString()
  readonly SINK_NATS_PASSWORD_FILE?: string;

  /** Credentials file of NATS (`nsc generate creds`). */
  @IsOptional()
  @IsString()
  readonly SINK_NATS_CREDENTIALS_FILE?: string;

  /** User name at the MQTT broker. */
  @IsOptional()
  @IsString()
  readonly SINK_MQTT_USERNAME?: string;

  /** Password at the MQTT broker. */
  @IsOptional()
  @IsString()
  readonly SINK_MQTT_PASSWORD?: string;

  /** File with the password at the MQTT broker. */
  @IsOptional()
  @IsString()
  readonly SINK_MQTT_PASSWORD_FILE?: string;

  /** User name at Kafka. */
  @IsOptional()
  @IsString()
  readonly SINK_KAFKA_USERNAME?: string;

  /** Password at Kafka. */
  @IsOptional()
  @IsString()
  readonly SINK_KAFKA_PASSWORD?: string;

  /** File with the password at Kafka. */
  @IsOptional()
  @IsString()
  readonly SINK_KAFKA_PASSWORD_FILE?: string;

  /** Authorities that sign the engines' certificates, PEM. Not set: those of Node.js. */
  @IsOptional()
  @IsString()
  readonly SINK_TLS_CA_FILE?: string;

  /** Certificate of the gateway for engines that ask for one, PEM. */
  @IsOptional()
  @IsString()
  readonly SINK_TLS_CERT_FILE?: string;

  /** Private key of that certificate, PEM. */
  @IsOptional()
  @IsString()
  readonly SINK_TLS_KEY_FILE?: string;
}
