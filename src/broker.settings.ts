import { IsOptional, IsString } from 'class-validator';
import { FlagVariable, IntegerVariable, PortVariable } from './platform/config/variables.js';

/** Where devices connect, and what one may take. */
export class BrokerSettings {
  /** TCP port for devices. */
  @PortVariable()
  readonly BROKER_PORT: number = 9000;

  /** Address the device port listens on. */
  @IsString()
  readonly BROKER_HOST: string = '0.0.0.0';

  /** Device connections in total; a further one evicts the oldest connection without a login, or is closed at once. */
  @IntegerVariable(1, 1_000_000)
  readonly MAX_DEVICE_CONNECTIONS: number = 20_000;

  /**
   * Device connections per remote address (IPv6: per /64 network); behind a balancer the address in its PROXY header; 0: no
   * limit, needed when a balancer hides the addresses. Mobile operators put thousands of devices behind one address.
   */
  @IntegerVariable(0, 1_000_000)
  readonly BROKER_MAX_CONNECTIONS_PER_ADDRESS: number = 10_000;

  /** New connections per second per remote address, except balancers; further ones are closed at once; 0: no limit. */
  @IntegerVariable(0, 1_000_000)
  readonly BROKER_MAX_NEW_CONNECTIONS_PER_SECOND: number = 1_000;

  /** Logins per second of all devices together; further ones are delayed, in turn per address; 0: no limit. */
  @IntegerVariable(0, 1_000_000)
  readonly BROKER_MAX_LOGINS_PER_SECOND: number = 5_000;

  /** Bytes that a device can send before its login is answered, including a PROXY header. */
  @IntegerVariable(256, 1_048_576)
  readonly BROKER_MAX_LOGIN_BYTES: number = 4_096;

  /** Seconds within which a device must send its IMEI. */
  @IntegerVariable(1, 600)
  readonly BROKER_LOGIN_TIMEOUT_SECONDS: number = 10;

  /** A device that is silent for more seconds is disconnected; must exceed the send period and the open link timeout of the devices. */
  @IntegerVariable(10, 604_800)
  readonly BROKER_IDLE_TIMEOUT_SECONDS: number = 3_600;

  /** Seconds of silence after which TCP keep-alive probes begin. */
  @IntegerVariable(1, 7_200)
  readonly BROKER_KEEPALIVE_SECONDS: number = 60;

  /** `true` or `on`: balancers at `BROKER_PROXY_TRUSTED` send a PROXY header (version 1 or 2) before a device's bytes. */
  @FlagVariable()
  readonly BROKER_PROXY_PROTOCOL: boolean = false;

  /** Addresses of these balancers, CIDR blocks separated by commas; a header from any other address is rejected. */
  @IsOptional()
  @IsString()
  readonly BROKER_PROXY_TRUSTED?: string;

  /** TCP port for devices with TLS (1.2 or newer); not set: disabled. */
  @IsOptional()
  @PortVariable()
  readonly BROKER_TLS_PORT?: number;

  /** Certificate of the TLS port and its chain, PEM; reloaded when it changes. */
  @IsOptional()
  @IsString()
  readonly BROKER_TLS_CERT_FILE?: string;

  /** Private key of that certificate, PEM. */
  @IsOptional()
  @IsString()
  readonly BROKER_TLS_KEY_FILE?: string;

  /** Authorities that must have issued the devices' certificates, PEM; not set: no certificate is requested. */
  @IsOptional()
  @IsString()
  readonly BROKER_TLS_CA_FILE?: string;

  /** UDP port for devices; not set: disabled. */
  @IsOptional()
  @PortVariable()
  readonly BROKER_UDP_PORT?: number;

  /**
   * Datagrams per second per source address (IPv6: per /64 network); further ones are dropped, and the devices send them
   * again; 0: no limit.
   */
  @IntegerVariable(0, 1_000_000)
  readonly BROKER_UDP_MAX_DATAGRAMS_PER_SECOND: number = 2_000;

  /** Maximum size of a frame, in bytes. Devices send up to 1,280; photos and traces up to 2,100. */
  @IntegerVariable(1_300, 1_048_576)
  readonly BROKER_MAX_FRAME_BYTES: number = 16_384;

  /**
   * A device that sent part of a frame and then nothing for more seconds is disconnected; a device that continues to send, however
   * slowly, is not.
   */
  @IntegerVariable(1, 3_600)
  readonly BROKER_FRAME_TIMEOUT_SECONDS: number = 60;

  /**
   * Frames per second per device; further ones are delayed, and packets by UDP are dropped; a message (codecs 12 to 15) and a
   * rejected frame count as ten; 0: no limit.
   */
  @IntegerVariable(0, 1_000_000)
  readonly BROKER_MAX_FRAMES_PER_SECOND: number = 500;

  /** Unsent bytes per device; above it the device is disconnected. */
  @IntegerVariable(1_024, 1_048_576)
  readonly BROKER_MAX_UNSENT_BYTES: number = 16_384;

  /** Bytes of frames being stored at one time; above it devices wait, and datagrams are dropped. */
  @IntegerVariable(65_536, 4_294_967_296)
  readonly BROKER_MAX_BYTES_IN_FLIGHT: number = 33_554_432;
}
