import { decodeLogin, skipKeepAlives } from '../../protocol/login.js';
import { ProxyHeaderReader } from '../proxy-protocol/proxy-header.js';
import { type ConnectionState, type StateMachine } from './connection-state.js';
import { type LoginLimits } from './login-limits.js';

const MAX_PLAUSIBLE_IMEI_LENGTH = 64;

/** Before the login the peer is unknown, and whatever happens besides its bytes closes the connection. */
abstract class AwaitingPeer implements ConnectionState {
  readonly device = null;
  readonly session = null;

  constructor(
    protected readonly machine: StateMachine,
    protected readonly limits: LoginLimits,
  ) {}

  abstract receive(chunk: Buffer): void;

  peerEnded(): void {
    this.machine.close('peer');
  }

  idleTimeoutExpired(): void {
    this.machine.close(this.machine.idleTimeout.reason);
  }

  drain(): void {
    this.machine.close('shutdown');
  }

  leave(): void {
    this.limits.stopTimer();
  }
}

/** A balancer has connected, and its header of the PROXY protocol has not arrived completely. */
export class AwaitingProxyHeader extends AwaitingPeer {
  private readonly reader = new ProxyHeaderReader();

  /** Throws BAD_PROXY_HEADER at the first byte that no header has there, and LOGIN_TOO_LARGE. */
  receive(chunk: Buffer): void {
    this.limits.count(chunk.length);
    const header = this.reader.read(chunk);
    if (header) {
      this.machine.proxyHeaderRead(this.limits, header.source, header.rest);
    }
  }
}

/** The login has not arrived completely. Keep-alive bytes before it are skipped. */
export class AwaitingLogin extends AwaitingPeer {
  private bytes: Buffer = Buffer.alloc(0);

  /** Throws BAD_LOGIN at the first byte that no login has there, and LOGIN_TOO_LARGE. */
  receive(chunk: Buffer): void {
    this.limits.count(chunk.length);
    this.read(chunk);
  }

  /** Reads bytes that were counted already. TCP may have cut the login anywhere. */
  read(chunk: Buffer): void {
    this.bytes = this.bytes.length === 0 ? skipKeepAlives(chunk) : Buffer.concat([this.bytes, chunk]);
    const login = decodeLogin(this.bytes);
    if (login) {
      this.machine.loginRead(this.limits, login.imei, this.bytes.subarray(login.bytesRead));
    }
  }

  /** Whether the bytes begin like a login, with the length of an IMEI: then the peer is a device and understands a refusal. */
  get looksLikeLogin(): boolean {
    const length = this.bytes.length >= 2 ? this.bytes.readUInt16BE(0) : 0;
    return length > 0 && length <= MAX_PLAUSIBLE_IMEI_LENGTH;
  }
}
