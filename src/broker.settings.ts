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

  /** Device connections in all; one more takes the place of the oldest without a login, or is closed at once. */
  @IntegerVariable(1, 1_000_000)
  readonly MAX_DEVICE_CONNECTIONS: number = 20_000;

  /** Device connections of one remote address (IPv6: of one /64 network): behind a balancer the address its header names. 0: no bound. */
  @IntegerVariable(0, 1_000_000)
  readonly BROKER_MAX_CONNECTIONS_PER_ADDRESS: number = 10_000;

  /** New connections in a second from one remote address, balancers excepted; more are closed at once. 0: no bound. */
  @IntegerVariable(0, 1_000_000)
  readonly BROKER_MAX_NEW_CONNECTIONS_PER_SECOND: number = 1_000;

  /** Logins in a second, of all devices together; more have to wait, and the addresses take turns. 0: no bound. */
  @IntegerVariable(0, 1_000_000)
  readonly BROKER_MAX_LOGINS_PER_SECOND: number = 5_000;

  /** Bytes a device may send before its login is answered, a PROXY header included. */
  @IntegerVariable(256, 1_048_576)
  readonly BROKER_MAX_LOGIN_BYTES: number = 4_096;

  /** Seconds in which a device must have sent its IMEI. */
  @IntegerVariable(1, 600)
  readonly BROKER_LOGIN_TIMEOUT_SECONDS: number = 10;

  /** A device silent for longer is disconnected, in seconds. Keep it above the send period and the open link timeout of the devices. */
  @IntegerVariable(10, 604_800)
  readonly BROKER_IDLE_TIMEOUT_SECONDS: number = 3_600;

  /** Seconds of silence after which TCP keep-alive probes begin. */
  @IntegerVariable(1, 7_200)
  readonly BROKER_KEEPALIVE_SECONDS: number = 60;

  /** Whether balancers at BROKER_PROXY_TRUSTED put a header of the PROXY protocol (version 1 or 2) ahead of a device's bytes: on or off. */
  @FlagVariable()
  readonly BROKER_PROXY_PROTOCOL: boolean = false;

  /** Addresses of the balancers, as CIDR blocks separated by commas. A header from anywhere else is refused. */
  @IsOptional()
  @IsString()
  readonly BROKER_PROXY_TRUSTED?: string;

  /** TCP port for devices that use TLS (1.2 or newer). Not set: no TLS port. */
  @IsOptional()
  @PortVariable()
  readonly BROKER_TLS_PORT?: number;

  /** Certificate of the TLS port and its chain, PEM; read again when it changes. */
  @IsOptional()
  @IsString()
  readonly BROKER_TLS_CERT_FILE?: string;

  /** Private key of that certificate, PEM. */
  @IsOptional()
  @IsString()
  readonly BROKER_TLS_KEY_FILE?: string;

  /** Authorities whose certificates devices must present at the TLS port, PEM. Not set: none is asked for. */
  @IsOptional()
  @IsString()
  readonly BROKER_TLS_CA_FILE?: string;

  /** UDP port for devices that send without a connection. Not set: no UDP port. */
  @IsOptional()
  @PortVariable()
  readonly BROKER_UDP_PORT?: number;

  /** Datagrams in a second from one source address (IPv6: one /64 network); more are dropped, and the devices send them again. 0: no bound. */
  @IntegerVariable(0, 1_000_000)
  readonly BROKER_UDP_MAX_DATAGRAMS_PER_SECOND: number = 2_000;

  /** Largest frame accepted, in bytes. Devices send up to 1,280; photos and traces up to 2,100. */
  @IntegerVariable(1_300, 1_048_576)
  readonly BROKER_MAX_FRAME_BYTES: number = 16_384;

  /** Seconds for which a device that has sent a part of a frame may send nothing. */
  @IntegerVariable(1, 3_600)
  readonly BROKER_FRAME_TIMEOUT_SECONDS: number = 60;

  /**
   * Frames of one device in a second; more have to wait, and packets by UDP are dropped. A message (codecs 12 to 15) and a frame that cannot be
   * accepted count as ten. 0: no bound.
   */
  @IntegerVariable(0, 1_000_000)
  readonly BROKER_MAX_FRAMES_PER_SECOND: number = 500;

  /** Bytes that may wait for a device to read them; with more it is disconnected. */
  @IntegerVariable(1_024, 1_048_576)
  readonly BROKER_MAX_UNSENT_BYTES: number = 16_384;

  /** Bytes of frames being stored at one time; over the mark devices wait. */
  @IntegerVariable(65_536, 4_294_967_296)
  readonly BROKER_MAX_BYTES_IN_FLIGHT: number = 33_554_432;
}
