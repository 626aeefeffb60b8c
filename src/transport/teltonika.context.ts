import { BaseRpcContext } from '@nestjs/microservices';

/** What a message handler may know of the connection a frame came by. One object per connection; never the socket. */
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

  /** Of the device's session; 0 while it logs in. A device that has logged in again since has a greater one. */
  get epoch(): number {
    return this.args[3];
  }
}
