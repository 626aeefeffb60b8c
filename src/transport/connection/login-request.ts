import { type ConnectionEnvironment } from './connection-environment.js';
import { DEVICE_LOGIN, type DeviceLogin, type LoginOutcome } from '../patterns.js';
import { type QueueTicket } from '../limits/queue-ticket.js';
import { type TeltonikaContext } from '../teltonika.context.js';

/** One device's question whether it may talk, asked when it is its turn. */
export class LoginRequest {
  private ticket: QueueTicket | null = null;

  constructor(private readonly environment: ConnectionEnvironment) {}

  /** Nothing was asked yet. */
  get isInLine(): boolean {
    return this.ticket !== null;
  }

  /** Resolves with null when it was given up before it was its turn. Rejects when the handler fails: nothing was decided. */
  async ask(login: DeviceLogin, context: TeltonikaContext): Promise<LoginOutcome | null> {
    const { logins, counters, ask } = this.environment;
    this.ticket = logins.enter(context.remoteAddress);
    if (this.ticket) {
      counters.loginsSlowedDown++;
      const taken = await this.ticket.granted;
      this.ticket = null;
      if (!taken) {
        return null;
      }
    }
    return ask<LoginOutcome>(DEVICE_LOGIN, login, context);
  }

  /** The connection is being closed. Without effect once it was asked. */
  giveUp(): void {
    this.ticket?.cancel();
  }
}
