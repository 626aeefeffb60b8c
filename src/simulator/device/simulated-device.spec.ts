import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { decodeRecords } from '../../protocol/avl-decoder.js';
import { type AvlRecord } from '../../protocol/avl-record.js';
import { encodeAcknowledgement } from '../../protocol/frame-encoder.js';
import { type Frame, FrameCrcError, FrameSplitter } from '../../protocol/frame-splitter.js';
import { decodeMessage, encodeCodec12Command, encodeCodec14Command, messageText } from '../../protocol/message.js';
import { type DeviceOptions } from '../device-settings.js';
import { SimulatedDevice } from './simulated-device.js';

const IMEI = '350612000000008';
const LOGIN_BYTES = 17;

/** Answers logins with 0x01 and frames with the result of `answer`. Null: no answer. */
class ScriptedServer {
  readonly logins: string[] = [];
  readonly loginTimes: number[] = [];
  readonly frames: Frame[] = [];
  readonly replies: string[] = [];
  readonly sockets: Socket[] = [];
  badFrames = 0;
  reads = 0;
  loginAnswer = 0x01;
  answer: (frame: Frame) => number | null = (frame) => frame.count;

  private constructor(private readonly server: Server) {
    server.on('connection', (socket) => this.serve(socket));
  }

  static async listen(): Promise<ScriptedServer> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new ScriptedServer(server);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get openSockets(): number {
    return this.sockets.filter((socket) => !socket.destroyed).length;
  }

  get records(): AvlRecord[] {
    return this.frames.flatMap((frame) => decodeRecords(frame.data));
  }

  send(bytes: Buffer): void {
    this.sockets.at(-1)!.write(bytes);
  }

  async ask(text: string): Promise<string> {
    const known = this.replies.length;
    this.send(encodeCodec12Command(text));
    await until(() => this.replies.length > known);
    return this.replies.at(-1)!;
  }

  async close(): Promise<void> {
    this.sockets.forEach((socket) => socket.destroy());
    this.server.close();
    await once(this.server, 'close');
  }

  private serve(socket: Socket): void {
    const splitter = new FrameSplitter(4096);
    let login = Buffer.alloc(0);
    this.sockets.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      this.reads++;
      const missing = LOGIN_BYTES - login.length;
      splitter.push(chunk.subarray(missing));
      login = Buffer.concat([login, chunk.subarray(0, missing)]);
      if (missing > 0 && login.length === LOGIN_BYTES) {
        this.logins.push(login.toString('latin1', 2));
        this.loginTimes.push(performance.now());
        socket.write(Buffer.of(this.loginAnswer));
      }
      this.readFrames(splitter, socket);
    });
  }

  private readFrames(splitter: FrameSplitter, socket: Socket): void {
    try {
      for (let frame = splitter.next(); frame !== null; frame = splitter.next()) {
        this.take({ ...frame, data: Buffer.from(frame.data), bytes: Buffer.from(frame.bytes) }, socket);
      }
    } catch (error) {
      this.badFrames += error instanceof FrameCrcError ? 1 : 0;
      socket.destroy();
    }
  }

  private take(frame: Frame, socket: Socket): void {
    if (frame.codec !== 0x8e) {
      const { type, payload } = decodeMessage(frame.data);
      this.replies.push(type === 0x11 ? 'nACK' : messageText(payload));
      return;
    }
    this.frames.push(frame);
    const count = this.answer(frame);
    if (count !== null) {
      socket.write(encodeAcknowledgement(count));
    }
  }
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > deadline) {
      throw new Error('waited in vain');
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

describe('a simulated device', () => {
  let server: ScriptedServer;
  let device: SimulatedDevice;

  beforeEach(async () => {
    server = await ScriptedServer.listen();
  });

  afterEach(async () => {
    await device.stop();
    await server.close();
  });

  function start(options: Partial<DeviceOptions> = {}): SimulatedDevice {
    const quick = { intervalMs: 30, ackTimeoutMs: 5000, reconnectMinuteMs: 5, resendDelayMs: 5, rebootMs: 20, keepLedger: true };
    device = new SimulatedDevice({ port: server.port, ...quick, ...options });
    device.start();
    return device;
  }

  function expectBooksToBalance(): void {
    const { recordsCreated, recordsAcknowledged, recordsDropped } = device.counters;
    expect(recordsCreated).toBe(recordsAcknowledged + recordsDropped + device.waitingRecords);
    expect(device.ledger).toHaveLength(recordsAcknowledged);
  }

  function sequencesOf(frames: readonly Frame[]): string[] {
    return frames.map((frame) => frame.bytes.toString('hex'));
  }

  it('logs in and sends frames of the configured size, each after the last was acknowledged', async () => {
    start({ intervalMs: 300 });
    await until(() => device.counters.framesAcknowledged >= 3);
    expect(server.logins).toEqual([IMEI]);
    expect(server.frames[0]!.count).toBe(3);
    const times = server.records.map((record) => record.timestampMs);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(device.isConnected).toBe(true);
    expectBooksToBalance();
  });

  it('sends nothing before the login is accepted, and tries again when it is refused', async () => {
    server.loginAnswer = 0x00;
    start();
    await until(() => server.logins.length >= 4);
    expect([server.frames.length, device.isConnected]).toEqual([0, false]);
    server.loginAnswer = 0x01;
    await until(() => device.counters.framesAcknowledged > 0);
    expect(device.counters.refusedLogins).toBeGreaterThanOrEqual(4);
  });

  it('reconnects with increasing delays, and immediately again after an acknowledgement', async () => {
    const unitMs = 150;
    server.loginAnswer = 0x00;
    start({ reconnectMinuteMs: unitMs });
    await until(() => server.loginTimes.length === 5);
    const gaps = server.loginTimes.slice(1).map((time, i) => time - server.loginTimes[i]!);
    [0, 1, 1, 2].forEach((units, i) => expect(gaps[i]).toBeGreaterThan(units * unitMs - 10));
    server.loginAnswer = 0x01;
    await until(() => device.counters.framesAcknowledged > 0);
    const droppedAt = performance.now();
    device.dropConnection();
    await until(() => server.loginTimes.length === 7);
    // Without the acknowledgement it would be the sixth failure, with four units to wait.
    expect(server.loginTimes[6]! - droppedAt).toBeLessThan(3.5 * unitMs);
  });

  it('sends the same frame again until the count is right', async () => {
    const answers = [0, 255, 1];
    server.answer = (frame) => answers.shift() ?? frame.count;
    start();
    await until(() => device.counters.framesAcknowledged >= 2);
    const sent = sequencesOf(server.frames.slice(0, 5));
    expect(new Set(sent.slice(0, 4)).size).toBe(1);
    expect(sent[4]).not.toBe(sent[0]);
    expect(device.counters.wrongCounts).toBe(3);
    expectBooksToBalance();
  });

  it('closes without an acknowledgement, and sends the same frame on the next connection', async () => {
    server.answer = (frame) => (server.logins.length < 3 ? null : frame.count);
    start({ ackTimeoutMs: 100 });
    await until(() => device.counters.framesAcknowledged > 0);
    expect(server.logins).toEqual([IMEI, IMEI, IMEI]);
    expect(new Set(sequencesOf(server.frames.slice(0, 3))).size).toBe(1);
    expect(device.counters.missingAcknowledgements).toBe(2);
    expectBooksToBalance();
  });

  it('keeps records during an outage, up to its buffer size, and drops the oldest', async () => {
    server.answer = () => null;
    start({ bufferRecords: 10, ackTimeoutMs: 100 });
    await until(() => device.counters.recordsDropped >= 5);
    // The records of the frame in flight are kept besides.
    const inFlight = Math.max(...server.frames.map(({ count }) => count));
    expect(device.waitingRecords).toBeLessThanOrEqual(10 + inFlight);
    server.answer = (frame) => frame.count;
    device.drain();
    await until(() => device.waitingRecords === 0);
    expectBooksToBalance();
  });

  it('shows the outputs that setdigout has set in its records', async () => {
    start();
    await until(() => server.frames.length > 0);
    expect(await server.ask('setdigout 1?')).toBe('DOUT1:1 Timeout:INFINITY DOUT2:IGNORED');
    expect(await server.ask('setdigout 1?')).toBe('DOUT1:Already set to 1 DOUT2:IGNORED');
    expect(await server.ask('getio')).toMatch(/DO1:1 DO2:0$/);
    await until(() => server.records.some((record) => record.eventIoId === 179));
    const last = server.records.at(-1)!;
    const values = [179, 180].map((id) => last.io.find((element) => element.id === id)?.value);
    expect(values).toEqual([1, 0]);
    expect(server.records[0]!.io.find((element) => element.id === 179)?.value).toBe(0);
    expect(device.executedCommands.map(({ text, reply }) => [text, reply !== null])).toEqual([
      ['setdigout 1?', true],
      ['setdigout 1?', true],
      ['getio', true],
    ]);
  });

  it('executes a command only when no frame of its own is in flight', async () => {
    server.answer = () => null;
    start();
    await until(() => server.frames.length === 1);
    server.send(Buffer.concat([encodeCodec12Command('getver'), encodeCodec12Command('getio')]));
    server.send(encodeCodec12Command('nonsense'));
    await until(() => server.frames.length === 1 && device.counters.recordsCreated > 6);
    expect(device.executedCommands).toEqual([]);
    server.answer = (frame) => frame.count;
    server.send(encodeAcknowledgement(server.frames[0]!.count));
    await until(() => server.replies.length === 2);
    expect(device.executedCommands.map(({ text }) => text)).toEqual(['getver', 'getio', 'nonsense']);
    expect(device.counters.commandsAnswered).toBe(2);
  });

  it('rejects a codec 14 command for another IMEI', async () => {
    start();
    await until(() => device.isConnected);
    server.send(encodeCodec14Command('352093081452251', 'getio'));
    server.send(encodeCodec14Command(IMEI, 'getver'));
    await until(() => server.replies.length === 2);
    expect([server.replies[0], server.replies[1]!.slice(0, 4)]).toEqual(['nACK', 'Ver:']);
    expect(device.executedCommands.map(({ text }) => text)).toEqual(['getver']);
  });

  it('disconnects without a reply at cpureset, and reconnects', async () => {
    start();
    await until(() => device.isConnected);
    await server.ask('setdigout 1?');
    server.send(encodeCodec12Command('cpureset'));
    await until(() => server.logins.length === 2);
    expect(server.replies).toHaveLength(1);
    expect(await server.ask('getio')).toMatch(/DO1:0/);
    expectBooksToBalance();
  });

  it('executes a command and loses the connection before the reply', async () => {
    start({ faults: { dropReply: 1 } });
    await until(() => device.isConnected);
    server.send(encodeCodec12Command('setdigout 1?'));
    await until(() => server.logins.length === 2);
    expect(server.replies).toEqual([]);
    expect(device.executedCommands).toMatchObject([{ text: 'setdigout 1?', wasAnswered: false }]);
  });

  it('leaves half-open connections and loses no record', async () => {
    start({ faults: { halfOpen: 0.5 } });
    await until(() => server.openSockets >= 2 && device.counters.framesAcknowledged >= 3);
    expect(device.counters.faults.get('halfOpen')).toBeGreaterThan(0);
    device.drain();
    await until(() => device.waitingRecords === 0);
    expectBooksToBalance();
  });

  it('sends complete frames in small pieces', async () => {
    start({ faults: { split: 1 } });
    await until(() => device.counters.framesAcknowledged >= 3);
    expect(server.logins).toEqual([IMEI]);
    expect(server.reads).toBeGreaterThan(20);
  });

  it('sends a frame again until its CRC is valid', async () => {
    start({ faults: { badCrc: 0.5 } });
    await until(() => server.badFrames >= 2 && device.counters.framesAcknowledged >= 2);
    expectBooksToBalance();
  });

  it('keeps the connection open with pings', async () => {
    start({ intervalMs: 60_000, pingMs: 5 });
    await until(() => server.reads >= 4);
    expect(server.frames).toEqual([]);
  });

  it('sends as fast as it is acknowledged without an interval', async () => {
    start({ intervalMs: 0, recordsPerFrame: 10 });
    await until(() => device.counters.framesAcknowledged >= 200);
    expect(server.frames.every((frame) => frame.count === 10)).toBe(true);
    expectBooksToBalance();
  });

  it('waits for the frame in flight when it is stopped', async () => {
    let held: (() => void) | null = null;
    server.answer = ({ count }) => {
      held = () => server.send(encodeAcknowledgement(count));
      return null;
    };
    start();
    await until(() => held !== null);
    const stopped = device.stop(5000);
    held!();
    await stopped;
    expect(device.counters.framesAcknowledged).toBe(1);
    expectBooksToBalance();
  });
});
