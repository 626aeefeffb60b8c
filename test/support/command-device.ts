import { setImmediate as nextTurn } from 'node:timers/promises';
import { FakeDevice } from './fake-device.js';
import { codec12Frame, crc16, login, recordsFrame } from './frames.js';
import { waitFor } from './wait-for.js';

/** What the device does with one writing of a command. */
export type Conduct =
  | { readonly kind: 'answer'; readonly afterMs: number }
  | { readonly kind: 'refuse'; readonly afterMs: number }
  /** It accepts, says so, and executes later; null: never. A newer command for the same output takes its place. */
  | { readonly kind: 'postpone'; readonly afterMs: number; readonly thenMs: number | null }
  /** It executes and answers in words that nobody knows. */
  | { readonly kind: 'mumble'; readonly afterMs: number }
  /** It executes and its answer is lost. */
  | { readonly kind: 'lose' }
  /** The command is lost inside the device. */
  | { readonly kind: 'ignore' }
  | { readonly kind: 'drop-before' }
  | { readonly kind: 'drop-after' };

/** A command that came over the wire, whether it was executed or not. */
export interface Writing {
  readonly text: string;
  readonly at: number;
  readonly link: number;
}

/** Words of the device. Each has a number in it that no other has, so that it is known whose they were. */
export interface Words {
  readonly text: string;
  /** The command they answer, null when nobody asked. */
  readonly about: string | null;
  readonly kind: 'answer' | 'refusal' | 'postponed' | 'unknown';
  at: number;
  link: number;
  /** The gateway has surely handled them: it acknowledged a later frame of the same connection. */
  handled: boolean;
}

interface PendingReport {
  readonly before: Words[];
  acknowledged: boolean;
}

const ANSWER_AT_ONCE: Conduct = { kind: 'answer', afterMs: 0 };
const RECONNECT_EVERY_MS = 30;
const TYPE_COMMAND = 5;
const TYPE_REPLY = 6;

/** One connection: cuts what comes from the gateway into acknowledgements and commands. */
class Link {
  loggedIn = false;
  /** The gateway has half of a frame of ours, and knows it: no command may come. */
  mustBeQuiet = false;
  /** Half of a frame was sent: nothing else may go out before the rest. */
  inFrame = false;
  readonly held: (() => void)[] = [];
  readonly reports: PendingReport[] = [];
  said: Words[] = [];
  private received = Buffer.alloc(0);

  constructor(
    readonly number: number,
    readonly peer: FakeDevice,
    private readonly onCommand: (link: Link, text: string) => void,
    private readonly onFault: (what: string) => void,
  ) {
    peer.socket.on('data', (bytes: Buffer) => {
      this.received = Buffer.concat([this.received, bytes]);
      while (this.readOne()) {
        // As long as something whole has come.
      }
    });
  }

  get isOpen(): boolean {
    return this.loggedIn && !this.peer.isClosed;
  }

  /** Sends at once, or behind the frame that is half sent. */
  send(work: () => void): void {
    if (this.inFrame) {
      this.held.push(work);
    } else {
      work();
    }
  }

  private readOne(): boolean {
    if (this.peer.isClosed) {
      return false;
    }
    if (!this.loggedIn) {
      if (this.received[0] !== 0x01) {
        return false;
      }
      this.loggedIn = true;
      return this.consume(1);
    }
    if (this.received.length < 4) {
      return false;
    }
    if (this.received.readUInt32BE(0) !== 0) {
      this.acknowledge();
      return this.consume(4);
    }
    if (this.received.length < 8 || this.received.length < 12 + this.received.readUInt32BE(4)) {
      return false;
    }
    const length = this.received.readUInt32BE(4);
    const data = this.received.subarray(8, 8 + length);
    if (this.received.readUInt32BE(8 + length) !== crc16(data)) {
      this.onFault('a frame of the gateway has a wrong CRC');
    }
    const text = data.subarray(7, 7 + data.readUInt32BE(3)).toString('latin1');
    if (data[0] !== 0x0c || data[1] !== 1 || data[2] !== TYPE_COMMAND || data.at(-1) !== 1 || data.length !== text.length + 8) {
      this.onFault(`a frame of the gateway is not a codec 12 command: ${data.toString('hex')}`);
    }
    this.consume(12 + length);
    this.onCommand(this, text);
    return true;
  }

  private acknowledge(): void {
    const report = this.reports.shift();
    if (!report) {
      this.onFault('an acknowledgement came for no frame');
      return;
    }
    this.mustBeQuiet = false;
    report.acknowledged = true;
    report.before.forEach((words) => (words.handled = true));
  }

  private consume(bytes: number): true {
    this.received = this.received.subarray(bytes);
    return true;
  }
}

/**
 * A device that executes commands, each as its conduct says, and remembers all it has seen and said. It comes back by itself
 * when its connection is gone. None of its code is the gateway's.
 */
export class CommandDevice {
  readonly writings: Writing[] = [];
  readonly executions: Writing[] = [];
  readonly words: Words[] = [];
  readonly faults: string[] = [];
  readonly journal: { at: number; what: string }[] = [];
  private readonly conducts = new Map<string, Conduct[]>();
  private readonly links: Link[] = [];
  private readonly timers = new Set<NodeJS.Timeout>();
  private current: Link | null = null;
  private awayUntil = 0;
  private stopped = false;
  private keeper: Promise<void> = Promise.resolve();
  private serial = 0;
  /** Ends what the device has postponed for its output. */
  private forgetPostponed: () => void = () => undefined;

  /** @param port asked anew for every connection: the gateway may have moved. */
  constructor(
    readonly imei: string,
    private readonly port: () => number,
  ) {}

  start(): void {
    this.keeper = this.keepConnected();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.timers.forEach((timer) => clearTimeout(timer));
    this.links.forEach(({ peer }) => peer.close());
    await this.keeper;
  }

  note(what: string): void {
    this.journal.push({ at: Date.now(), what });
  }

  get isConnected(): boolean {
    return this.current?.isOpen === true;
  }

  /** Nothing is left that it will say later. */
  get isIdle(): boolean {
    return this.timers.size === 0;
  }

  /** What it will do with the next writings of this text; after these it answers at once. */
  plan(text: string, conducts: readonly Conduct[]): void {
    this.conducts.set(text, [...(this.conducts.get(text) ?? []), ...conducts]);
  }

  /** From now on it is at home and answers everything at once. */
  behave(): void {
    this.conducts.clear();
    this.awayUntil = 0;
  }

  drop(awayMs: number, reset: boolean): void {
    this.note(`drops its connection, away for ${awayMs} ms`);
    this.awayUntil = Date.now() + awayMs;
    if (reset) {
      this.current?.peer.socket.resetAndDestroy();
    }
    this.current?.peer.close();
    this.current = null;
  }

  /** The network forgets the old connection without a word to anybody, and the device logs in again. */
  async takeOver(): Promise<void> {
    this.note('loses its connection silently');
    this.current?.peer.socket.pause();
    this.current = null;
    await this.connect().catch(() => undefined);
  }

  /** Sends a record. True when it was acknowledged, false when the connection ended first. */
  async report(): Promise<boolean> {
    const link = this.current;
    if (!link?.isOpen || link.inFrame) {
      return false;
    }
    link.peer.send(this.frame());
    return this.acknowledged(link, this.expect(link));
  }

  /**
   * Sends half of a frame, and the rest once the gateway has surely read the half and `holdMs` have passed. From the one to the
   * acknowledgement no command may come. Only where the gateway had nothing else of this connection in hand: while it handles a frame it
   * reads no further, and can't know of the half.
   */
  async reportInHalves(gatewayHasRead: () => Promise<boolean>, holdMs: number): Promise<boolean> {
    const link = this.current;
    if (!link?.isOpen || link.inFrame) {
      return false;
    }
    const bytes = this.frame();
    const cut = 1 + (this.serial % (bytes.length - 1));
    const isReadOn = link.said.length === 0 && link.reports.length === 0;
    link.inFrame = true;
    const report = this.expect(link);
    link.peer.send(bytes.subarray(0, cut));
    if ((await gatewayHasRead()) && isReadOn) {
      await untilArrivedIsTaken();
      link.mustBeQuiet = true;
      this.note(`has sent half a frame by link ${link.number}`);
    }
    await new Promise((resolve) => setTimeout(resolve, holdMs));
    link.peer.send(bytes.subarray(cut));
    link.inFrame = false;
    link.held.splice(0).forEach((work) => work());
    return this.acknowledged(link, report);
  }

  /** Says something that nobody asked for. */
  say(): void {
    this.utter(`serial line ${++this.serial}`, null, 'unknown');
  }

  private async keepConnected(): Promise<void> {
    while (!this.stopped) {
      if (!this.current?.isOpen && Date.now() >= this.awayUntil) {
        await this.connect().catch(() => undefined);
      }
      await new Promise((resolve) => setTimeout(resolve, RECONNECT_EVERY_MS));
    }
  }

  private async connect(): Promise<void> {
    const peer = await FakeDevice.connect(this.port());
    const link = new Link(
      this.links.length,
      peer,
      (from, text) => this.take(from, text),
      (what) => this.faults.push(what),
    );
    this.links.push(link);
    peer.send(login(this.imei));
    await waitFor(() => link.loggedIn || peer.isClosed, { timeoutMs: 5_000, what: 'the answer to a login' }).catch(() =>
      peer.close(),
    );
    if (link.isOpen) {
      this.current = link;
      this.note(`is connected by link ${link.number}`);
    }
  }

  private take(link: Link, text: string): void {
    if (this.current !== null && link.number < this.current.number) {
      // Bytes that were under way to a connection the device has left.
      return;
    }
    const at = Date.now();
    const conduct = this.conducts.get(text)?.shift() ?? ANSWER_AT_ONCE;
    this.writings.push({ text, at, link: link.number });
    this.note(`is told "${text}" by link ${link.number}: ${JSON.stringify(conduct)}`);
    if (link.mustBeQuiet) {
      this.faults.push(`"${text}" came between the beginning of a frame and its acknowledgement`);
    }
    switch (conduct.kind) {
      case 'answer':
      case 'lose':
      case 'drop-after':
      case 'mumble':
        return this.execute(link, text, conduct);
      case 'postpone':
        return this.postpone(link, text, conduct);
      case 'refuse':
        return this.refuse(text, conduct.afterMs);
      case 'drop-before':
        return this.drop(0, true);
      case 'ignore':
        return;
    }
  }

  private refuse(text: string, afterMs: number): void {
    const words = refusal(text, ++this.serial);
    if (words !== null) {
      this.later(afterMs, () => this.utter(words, text, 'refusal'));
    }
  }

  private postpone(link: Link, text: string, { afterMs, thenMs }: Extract<Conduct, { kind: 'postpone' }>): void {
    if (!text.startsWith('setdigout')) {
      return this.execute(link, text, { kind: 'answer', afterMs });
    }
    this.forgetPostponed();
    const words = postponement(text, ++this.serial);
    this.later(afterMs, () => this.utter(words, text, 'postponed'));
    if (thenMs !== null) {
      this.forgetPostponed = this.later(afterMs + thenMs, () => this.execute(link, text, ANSWER_AT_ONCE));
    }
  }

  private execute(link: Link, text: string, conduct: Conduct): void {
    if (text.startsWith('setdigout')) {
      this.forgetPostponed();
    }
    const words = answer(text, ++this.serial);
    this.executions.push({ text, at: Date.now(), link: link.number });
    if (conduct.kind === 'drop-after' || words === null) {
      this.drop(0, false);
    } else if (conduct.kind === 'answer') {
      this.later(conduct.afterMs, () => this.utter(words, text, 'answer'));
    } else if (conduct.kind === 'mumble') {
      const unknown = `Unheard of ${this.serial}`;
      this.later(conduct.afterMs, () => this.utter(unknown, text, 'unknown'));
    }
  }

  /** Returns what takes it back. */
  private later(afterMs: number, work: () => void): () => void {
    if (afterMs === 0) {
      work();
      return () => undefined;
    }
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      work();
    }, afterMs);
    this.timers.add(timer);
    return () => {
      clearTimeout(timer);
      this.timers.delete(timer);
    };
  }

  /** By the connection it has at that moment; without one the words are lost. */
  private utter(text: string, about: string | null, kind: Words['kind']): void {
    const link = this.current;
    if (!link?.isOpen) {
      this.note(`has nobody to say "${text}" to`);
      return;
    }
    link.send(() => {
      const words: Words = { text, about, kind, at: Date.now(), link: link.number, handled: false };
      this.note(`says "${text}" by link ${link.number}`);
      link.said.push(words);
      this.words.push(words);
      link.peer.send(codec12Frame(TYPE_REPLY, text));
    });
  }

  private frame(): Buffer {
    return recordsFrame([{ speed: ++this.serial % 200, io: [{ id: 240, value: 1 }] }]);
  }

  private expect(link: Link): PendingReport {
    const report = { before: link.said, acknowledged: false };
    link.said = [];
    link.reports.push(report);
    return report;
  }

  private async acknowledged(link: Link, report: PendingReport): Promise<boolean> {
    await waitFor(() => report.acknowledged || link !== this.current || link.peer.isClosed, {
      timeoutMs: 20_000,
      what: `an acknowledgement for ${this.imei}`,
    });
    return report.acknowledged;
  }
}

/** What the gateway wrote before is in our sockets already; the event loop may have come to another socket first. */
async function untilArrivedIsTaken(): Promise<void> {
  await nextTurn();
  await nextTurn();
}

/** The device's words when it has done it, in Teltonika's forms; null for a restart, which says nothing. */
function answer(text: string, serial: number): string | null {
  const [name, argument = ''] = text.split(' ');
  switch (name) {
    case 'setdigout':
      return `DOUT1:${argument[0]} Timeout:${serial}s DOUT2:IGNORED`;
    case 'readio':
      return `Param ID:${argument} Value:${serial}`;
    case 'getinfo':
      return `RTC:2026/1/17 7:53 Init:2026/1/17 5:44 UpTime:${serial}s PWR:PwrVoltage RST:0 GPS:2 SAT:7`;
    case 'cpureset':
      return null;
    default:
      return `done ${serial}`;
  }
}

function postponement(text: string, serial: number): string {
  const level = text.split(' ')[1]?.startsWith('1') ? 'ON' : 'OFF';
  return `DOUT1:${level} Timeout:${serial}s Speed threshold:1km/h Speed is above threshold, queued`;
}

/** Null where the device knows no such words: then it says nothing. */
function refusal(text: string, serial: number): string | null {
  switch (text.split(' ')[0]) {
    case 'setdigout':
      return `DOUT is disabled from CFG ${serial}`;
    case 'readio':
      return `Not supported or not enabled IO element requested ${serial}`;
    case 'cpureset':
      return `Error: could not reset the software (${serial})`;
    default:
      return null;
  }
}

/** The outputs and parameters that a command sets. */
export function targetsOf(text: string): readonly string[] {
  return text.startsWith('setdigout') ? ['output 1'] : [];
}

/** Commands of which the device's words can't be told apart. */
export function meaningOf(text: string): string {
  const [name, argument = ''] = text.split(' ');
  switch (name) {
    case 'setdigout':
      return `output ${argument[0]}`;
    case 'readio':
      return `element ${argument}`;
    case 'getinfo':
    case 'cpureset':
      return name;
    default:
      return 'raw';
  }
}
