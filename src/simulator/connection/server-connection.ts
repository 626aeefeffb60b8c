import { encodeLogin } from '../../protocol/login.js';
import { ProtocolError } from '../../protocol/protocol-error.js';
import { type Connection, NO_EVENTS } from './connection.js';
import { DeviceLink } from './device-link.js';
import { type DeviceSettings } from '../device-settings.js';
import { type FaultPlan } from '../fault-plan.js';
import { type ServerItem, ServerStream } from './server-stream.js';
import { type Alarm, type TimerWheel } from '../timer-wheel.js';
import { countOne, type TrafficCounters } from '../traffic-counters.js';

const PING = Buffer.of(0xff);
/** The pauses of a TFT100 between attempts to connect, in minutes ("Limit connection errors", on by default). The last one repeats. */
const RECONNECT_DELAYS_MINUTES = [0, 1, 1, 2, 2, 4, 6, 8, 10] as const;
/** Four zeros followed by this much silence are an acknowledgement of 0, not the start of a frame. */
const UNDECIDED_MS = 1000;
/** How many dead connections a device keeps open. Above it the oldest is closed. */
const MAX_ABANDONED = 2;

/**
 * The connection of a device over any number of TCP connections, one after another. It is offline (before open(), between two attempts, after
 * close()), logging in, or ready. Attempts follow the schedule of a TFT100, which starts again after confirmWorking().
 */
export class ServerConnection implements Connection {
  private link: DeviceLink | null = null;
  private stream = new ServerStream();
  private ready = false;
  private failures = 0;
  private readonly abandoned: DeviceLink[] = [];
  private readonly loginAlarm: Alarm;
  private readonly reconnectAlarm: Alarm;
  private readonly undecidedAlarm: Alarm;
  private readonly pingAlarm: Alarm;

  constructor(
    private readonly imei: string,
    private readonly settings: DeviceSettings,
    wheel: TimerWheel,
    private readonly faults: FaultPlan,
    private readonly counters: TrafficCounters,
  ) {
    this.loginAlarm = wheel.createAlarm(() => this.drop());
    this.reconnectAlarm = wheel.createAlarm(() => this.reopen());
    this.undecidedAlarm = wheel.createAlarm(() => this.settle());
    this.pingAlarm = wheel.createAlarm(() => this.send(PING));
  }

  events = NO_EVENTS;

  get isReady(): boolean {
    return this.ready;
  }

  open(): void {
    const link = new DeviceLink(this.settings.host, this.settings.port, {
      connected: () => this.send(encodeLogin(this.imei)),
      data: (chunk) => this.read(link, chunk),
      closed: (errorCode) => this.handleClosed(errorCode),
    });
    this.link = link;
    this.stream = new ServerStream();
    this.loginAlarm.set(this.settings.ackTimeoutMs);
  }

  send(bytes: Buffer): void {
    this.counters.bytesSent += bytes.length;
    if (this.faults.occurs('split')) {
      this.link?.writeInPieces(bytes, this.faults.sequenceOf('split'));
    } else {
      this.link?.write(bytes);
    }
    this.postponePing();
  }

  confirmWorking(): void {
    this.failures = 0;
  }

  drop(waitMs?: number): void {
    this.link?.drop();
    this.leave(waitMs ?? this.nextDelayMs());
  }

  goHalfOpen(): void {
    if (this.link !== null) {
      this.link.abandon();
      this.abandoned.push(this.link);
      if (this.abandoned.length > MAX_ABANDONED) {
        this.abandoned.shift()!.drop();
      }
    }
    this.leave(Math.max(this.settings.reconnectMinuteMs, this.nextDelayMs()));
  }

  async close(): Promise<void> {
    const link = this.link;
    this.events = NO_EVENTS;
    this.leave(null);
    for (const dead of this.abandoned.splice(0)) {
      dead.drop();
    }
    await link?.close();
  }

  private reopen(): void {
    this.counters.reconnects++;
    this.open();
  }

  private handleClosed(errorCode: string | null): void {
    if (errorCode !== null) {
      countOne(this.counters.connectionErrors, errorCode);
    }
    this.leave(this.nextDelayMs());
  }

  /** @param waitMs until the next attempt; null: no further attempt. */
  private leave(waitMs: number | null): void {
    this.link = null;
    for (const alarm of [this.loginAlarm, this.undecidedAlarm, this.pingAlarm, this.reconnectAlarm]) {
      alarm.cancel();
    }
    if (this.ready) {
      this.ready = false;
      this.counters.connected--;
    }
    if (waitMs !== null) {
      this.reconnectAlarm.set(waitMs);
    }
    this.events.lost();
  }

  private nextDelayMs(): number {
    return reconnectDelayMs(this.failures++, this.settings.reconnectMinuteMs);
  }

  /** An item can make the device close this connection. Then the bytes behind it are not read. */
  private read(link: DeviceLink, chunk: Buffer): void {
    this.stream.push(chunk);
    let item = this.nextItem();
    while (item !== null) {
      this.handle(item);
      item = this.link === link ? this.nextItem() : null;
    }
    if (this.link === link && this.stream.isUndecided && this.events.isAwaitingAcknowledgement()) {
      this.undecidedAlarm.set(UNDECIDED_MS);
    } else {
      this.undecidedAlarm.cancel();
    }
  }

  private nextItem(): ServerItem | null {
    for (;;) {
      try {
        return this.stream.next();
      } catch (error) {
        if (!(error instanceof ProtocolError)) {
          throw error;
        }
        this.counters.badMessages++;
      }
    }
  }

  private handle(item: ServerItem): void {
    switch (item.kind) {
      case 'login':
        this.handleLogin(item.isAccepted);
        break;
      case 'acknowledgement':
        this.events.acknowledged(item.count);
        break;
      case 'message':
        this.events.message(item.frame);
        break;
    }
  }

  private handleLogin(isAccepted: boolean): void {
    this.loginAlarm.cancel();
    if (!isAccepted) {
      this.counters.refusedLogins++;
      this.drop();
      return;
    }
    this.ready = true;
    this.counters.logins++;
    this.counters.connected++;
    this.postponePing();
    this.events.ready();
  }

  private postponePing(): void {
    if (this.ready && this.settings.pingMs > 0) {
      this.pingAlarm.set(this.settings.pingMs);
    }
  }

  private settle(): void {
    for (let item = this.stream.settle(); item !== null; item = this.nextItem()) {
      this.handle(item);
    }
  }
}

/**
 * @param failures failed attempts in a row; 0 directly after a connection that worked.
 * @param minuteMs duration of one minute of the schedule: 60,000 as on a real device.
 */
export function reconnectDelayMs(failures: number, minuteMs: number): number {
  const last = RECONNECT_DELAYS_MINUTES.length - 1;
  return RECONNECT_DELAYS_MINUTES[Math.min(failures, last)]! * minuteMs;
}
