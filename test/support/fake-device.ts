import { connect, type Socket } from 'node:net';
import { login } from './frames.js';
import { waitFor } from './wait-for.js';

const ACCEPTED = 0x01;

/** A device on a real socket that does exactly what a test requests. */
export class FakeDevice {
  private received = Buffer.alloc(0);
  private ended = false;
  private error: Error | null = null;
  /** Waiters look again when something has happened: a thousand devices that ask a clock would keep the machine busy. */
  private readonly watchers = new Set<() => void>();

  private constructor(readonly socket: Socket) {
    socket.on('data', (bytes: Buffer) => {
      this.received = Buffer.concat([this.received, bytes]);
      this.wake();
    });
    socket.on('end', () => {
      this.ended = true;
      socket.end();
      this.wake();
    });
    socket.on('error', (error) => (this.error = error));
    socket.on('close', () => this.wake());
  }

  static async connect(port: number): Promise<FakeDevice> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true, allowHalfOpen: true });
    const device = new FakeDevice(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return device;
  }

  /** Connects and logs in; fails when the login is not accepted. */
  static async logIn(port: number, imei: string): Promise<FakeDevice> {
    const device = await FakeDevice.connect(port);
    try {
      device.send(login(imei));
      const [answer] = await device.take(1);
      if (answer !== ACCEPTED) {
        throw new Error(`the login was answered with ${answer}`);
      }
      return device;
    } catch (error) {
      // No reference to it is left to close it, and the gateway may still accept it.
      device.close();
      throw error;
    }
  }

  send(bytes: Buffer): void {
    this.socket.write(bytes);
  }

  /** Sends a frame of records and returns the count it is acknowledged with. */
  async exchange(bytes: Buffer, timeoutMs?: number): Promise<number> {
    this.send(bytes);
    return this.acknowledgement(timeoutMs);
  }

  async acknowledgement(timeoutMs?: number): Promise<number> {
    return (await this.take(4, timeoutMs)).readUInt32BE(0);
  }

  /** The next `count` bytes from the gateway; fails at once when it closed before it sent them. */
  async take(count: number, timeoutMs = 30_000): Promise<Buffer> {
    await this.until(() => this.received.length >= count || this.isClosed, timeoutMs, `${count} bytes from the gateway`);
    if (this.received.length < count) {
      throw new Error(`the gateway closed the connection; ${this.received.length} of ${count} bytes came`);
    }
    const bytes = this.received.subarray(0, count);
    this.received = this.received.subarray(count);
    return bytes;
  }

  /** The text of the next command; fails on anything else. Layout: preamble, length, codec, 1, type 5, size, [IMEI], text, 1, CRC. */
  async command(timeoutMs?: number): Promise<string> {
    const header = await this.take(8, timeoutMs);
    if (header.readUInt32BE(0) !== 0) {
      throw new Error(`expected a command, got ${header.toString('hex')}`);
    }
    const rest = await this.take(header.readUInt32BE(4) + 4, timeoutMs);
    const [codec, , type] = rest;
    const size = rest.readUInt32BE(3);
    if (type !== 5) {
      throw new Error(`expected a message of type 5, got ${type}`);
    }
    return rest.subarray(7 + (codec === 0x0e ? 8 : 0), 7 + size).toString('latin1');
  }

  /** Waits until the gateway has closed the connection and returns what it sent that was not taken. */
  async closed(timeoutMs = 30_000): Promise<Buffer> {
    await waitFor(() => this.isClosed, { timeoutMs, what: 'the gateway to close the connection' });
    return this.received;
  }

  get isClosed(): boolean {
    return this.ended || this.error !== null || this.socket.destroyed;
  }

  /** Bytes that came and were not taken. */
  get pendingBytes(): number {
    return this.received.length;
  }

  close(): void {
    this.socket.destroy();
  }

  private async until(isTrue: () => boolean, timeoutMs: number, what: string): Promise<void> {
    if (isTrue()) {
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const done = (settle: () => void): void => {
        clearTimeout(timer);
        this.watchers.delete(look);
        settle();
      };
      const look = (): void => void (isTrue() && done(resolve));
      const timer = setTimeout(() => done(() => reject(new Error(`Waited ${timeoutMs} ms for ${what}`))), timeoutMs);
      this.watchers.add(look);
    });
  }

  private wake(): void {
    this.watchers.forEach((look) => look());
  }
}
