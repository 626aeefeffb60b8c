import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { frameData } from '../../protocol/frame-encoder.js';
import { ProtocolError } from '../../protocol/protocol-error.js';
import { decodeUdpReply, encodeUdpPacket } from '../../protocol/udp-channel.js';
import { type Connection, NO_EVENTS } from './connection.js';
import { type DeviceSettings } from '../device-settings.js';
import { type Alarm, type TimerWheel } from '../timer-wheel.js';
import { countOne, type TrafficCounters } from '../traffic-counters.js';

/**
 * The connection of a device by UDP. There is no login: it is ready after open(), and again some time after drop(). A packet that is sent again
 * keeps its ids, so that the answer to any copy is the answer to all of them.
 */
export class DatagramConnection implements Connection {
  events = NO_EVENTS;
  private socket: Socket | null = null;
  private isOpen = false;
  private packetId = 0;
  private data: Buffer | null = null;
  private readonly readyAlarm: Alarm;

  constructor(
    private readonly imei: string,
    private readonly settings: DeviceSettings,
    wheel: TimerWheel,
    private readonly counters: TrafficCounters,
  ) {
    this.readyAlarm = wheel.createAlarm(() => this.becomeReady());
  }

  get isReady(): boolean {
    return this.isOpen;
  }

  open(): void {
    const { host, port } = this.settings;
    this.socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
    this.socket.on('message', (answer) => this.read(answer));
    // Only a connected socket reports that no server listens.
    this.socket.on('error', (error: NodeJS.ErrnoException) => countOne(this.counters.connectionErrors, error.code ?? error.name));
    this.socket.on('connect', () => this.becomeReady());
    this.socket.connect(port, host);
  }

  send(bytes: Buffer): void {
    const data = frameData(bytes);
    if (this.data?.equals(data) !== true) {
      this.data = data;
      this.packetId = (this.packetId + 1) & 0xffff;
    }
    const packet = encodeUdpPacket({ packetId: this.packetId, avlPacketId: this.packetId & 0xff, imei: this.imei, data });
    this.counters.bytesSent += packet.length;
    this.socket?.send(packet, (error) => {
      if (error) {
        countOne(this.counters.connectionErrors, (error as NodeJS.ErrnoException).code ?? error.name);
      }
    });
  }

  confirmWorking(): void {
    // There is no schedule.
  }

  drop(waitMs = 0): void {
    this.leave();
    this.readyAlarm.set(waitMs);
    this.events.lost();
  }

  goHalfOpen(): void {
    this.drop(this.settings.reconnectMinuteMs);
  }

  close(): Promise<void> {
    this.events = NO_EVENTS;
    this.leave();
    this.readyAlarm.cancel();
    const { socket } = this;
    this.socket = null;
    return socket === null ? Promise.resolve() : new Promise((resolve) => socket.close(resolve));
  }

  private becomeReady(): void {
    if (this.socket !== null) {
      this.isOpen = true;
      this.counters.connected++;
      this.events.ready();
    }
  }

  private leave(): void {
    this.counters.connected -= this.isOpen ? 1 : 0;
    this.isOpen = false;
  }

  private read(answer: Buffer): void {
    try {
      const { packetId, avlPacketId, accepted } = decodeUdpReply(answer);
      if (packetId === this.packetId && avlPacketId === (packetId & 0xff)) {
        this.events.acknowledged(accepted);
      } else {
        this.counters.unexpectedAcknowledgements++;
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) {
        throw error;
      }
      this.counters.badMessages++;
    }
  }
}
