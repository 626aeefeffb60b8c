import { BaseRpcContext } from '@nestjs/microservices';

/** What message handlers get about the connection of a frame. One object per session, without access to the socket. */
export class TeltonikaContext extends BaseRpcContext<[imei: string, connectionId: string, remoteAddress: string, epoch: number]> {
  get imei(): string {
    return this.args[0];
  }

  /** Unique among all connections of all instances. */
  get connectionId(): string {
    return this.args[1];
  }

  get remoteAddress(): string {
    return this.args[2];
  }

  /** The epoch of the device's session. 0 during the login, and by UDP. A later login of the device has a greater epoch. */
  get epoch(): number {
    return this.args[3];
  }
}
