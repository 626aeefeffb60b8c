import { type Socket } from 'node:net';
import { type LoginOutcome } from '../patterns.js';
import { type PeerAddress } from '../peer-address.js';
import { type TeltonikaContext } from '../teltonika.context.js';
import { type DisconnectReason } from '../transport-counters.js';
import { type ConnectionEnvironment } from './connection-environment.js';
import { type IdleTimeout } from './idle-timeout.js';
import { type LoginLimits } from './login-limits.js';

/** Why a connection closes after the work in progress: the gateway stops, or the device has closed its sending side. */
export type PendingClose = 'shutdown' | 'peer';

/** A state of a DeviceConnection: it decides what the events of the socket mean. */
export interface ConnectionState {
  /** The device whose bytes these are, once its login was read. */
  readonly device: TeltonikaContext | null;
  /** The session of the device, once its login was accepted. */
  readonly session: TeltonikaContext | null;
  /** Bytes arrived. Throws ProtocolError. */
  receive(chunk: Buffer): void;
  /** The device has closed its sending side. */
  peerEnded(): void;
  /** The idle timeout has expired. */
  idleTimeoutExpired(): void;
  /** The gateway stops. */
  drain(): void;
  /** The connection closes: releases what only this state holds. */
  leave(): void;
}

/** A DeviceConnection as its states see it. */
export interface StateMachine {
  readonly socket: Socket;
  readonly environment: ConnectionEnvironment;
  readonly idleTimeout: IdleTimeout;
  proxyHeaderRead(limits: LoginLimits, source: PeerAddress | null, rest: Buffer): void;
  loginRead(limits: LoginLimits, imei: string, rest: Buffer): void;
  loginDecided(imei: string, outcome: LoginOutcome): void;
  /** Has no effect on a connection that is closing already. */
  close(reason: DisconnectReason): void;
  /** Closes the connection after an error, which is logged if it is a ProtocolError. */
  fail(error: unknown): void;
}
