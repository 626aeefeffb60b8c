import { BaseRpcContext } from '@nestjs/microservices';

/** What a message handler may know of the connection a frame came by. One object per connection; never the socket. */
export class TeltonikaContext extends BaseRpcContext<[imei: string, connectionId: string, remoteAddress: string]> {
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
}
