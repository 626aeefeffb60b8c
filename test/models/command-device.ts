import { setImmediate as nextTurn } from 'node:timers/promises';
import { FakeDevice } from '../support/fake-device.js';
import { codec12Frame, login, recordsFrame } from '../support/frames.js';
import { waitFor } from '../support/wait-for.js';
import { Link, type PendingRecord, type DeviceReply } from './device-link.js';
import { answer, outputSetBy, postponement, refusal } from './device-replies.js';

/** What the device does with one command that it has received. */
export type Behaviour =
  | { readonly kind: 'answer'; readonly afterMs: number }
  | { readonly kind: 'refuse'; readonly afterMs: number }
  /** It accepts the command, replies "queued", and executes it after `thenMs` (null: never). A newer command for the same output replaces it. */
  | { readonly kind: 'postpone'; readonly afterMs: number; readonly thenMs: number | null }
  /** It executes the command, and its reply matches no pattern of the catalogue. */
  | { readonly kind: 'answer-unknown'; readonly afterMs: number }
  /** It executes the command, and the reply is lost. */
  | { readonly kind: 'lose-answer' }
  /** The command is lost inside the device. */
  | { readonly kind: 'ignore' }
  | { readonly kind: 'drop-before' }
  | { readonly kind: 'drop-after' };

/** A command that arrived at the device, executed or not. */
export interface ReceivedCommand {
  readonly text: string;
  readonly at: number;
  readonly link: number;
}

/** A record that the device has sent with the state of its output 1. */
export interface SentRecord {
  readonly serial: number;
  /** In the record: by the clock of the device, which may be wrong. */
  readonly timeMs: number;
  readonly sentAtMs: number;
  /** Null: the record does not say it. */
  readonly isOn: boolean | null;
  /** It was acknowledged. */
  isStored: boolean;
  /** Whether the device has read its acknowledgement. Null before it was sent. */
  pending: PendingRecord | null;
}

/** Of every guarded command. */
export const GUARD = { maxSpeedKmh: 50, ignition: 'off', maxRecordAgeSeconds: 60 };
/** The clocks of the device and of the database. */
const CLOCK_TOLERANCE_MS = 1_000;

const ANSWER_AT_ONCE: Behaviour = { kind: 'answer', afterMs: 0 };
const RECONNECT_EVERY_MS = 30;
const TYPE_REPLY = 6;
const DOUT1 = 179;
const IGNITION = 239;

/**
 * A simulated device that executes commands, each with its planned behaviour, and records what it received and sent. It reconnects
 * automatically. It shares no code with the gateway.
 */
export class CommandDevice {
  readonly received: ReceivedCommand[] = [];
  readonly executions: ReceivedCommand[] = [];
  readonly replies: DeviceReply[] = [];
  readonly records: SentRecord[] = [];
  /** Texts of guarded commands. */
  readonly guarded = new Set<string>();
  readonly violations: string[] = [];
  readonly journal: { at: number; what: string }[] = [];
  private readonly behaviours = new Map<string, Behaviour[]>();
  private readonly links: Link[] = [];
  private readonly timers = new Set<NodeJS.Timeout>();
  private current: Link | null = null;
  private awayUntil = 0;
  private stopped = false;
  private keeper: Promise<void> = Promise.resolve();
  private serial = 0;
  /** Cancels the command that the device has postponed for its output. */
  private forgetPostponed: () => void = () => undefined;

  /** @param port read again for every connection: a restarted gateway has another port. */
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

  /** True when the device has no reply left to send. */
  get isIdle(): boolean {
    return this.timers.size === 0;
  }

  /** Sets what the device does when it next receives this text; after these it answers at once. */
  plan(text: string, behaviours: readonly Behaviour[]): void {
    this.behaviours.set(text, [...(this.behaviours.get(text) ?? []), ...behaviours]);
  }

  /** From now on the device stays connected and answers everything at once. */
  answerAtOnce(): void {
    this.behaviours.clear();
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

  /** The old connection breaks without a FIN or RST, and the device logs in again. */
  async reconnectSilently(): Promise<void> {
    this.note('loses its connection silently');
    this.current?.peer.socket.pause();
    this.current = null;
    await this.connect().catch(() => undefined);
  }

  /**
   * Sends a record that is `ageMs` old; when that is negative, its clock is ahead. Returns true when it was acknowledged, false when the connection
   * ended first.
   */
  async sendRecord(ageMs = 0): Promise<boolean> {
    const link = this.current;
    if (!link?.isOpen || link.inFrame) {
      return false;
    }
    const record = this.newRecord(ageMs);
    link.peer.send(frameOf(record));
    record.pending = this.expect(link);
    return this.acknowledged(link, record.pending, record);
  }

  /**
   * Sends half of a frame, and the rest after the gateway has read the first half and `holdMs` have passed. The gateway must not write
   * a command between the first half and the acknowledgement. This is checked only when the gateway was processing nothing else of this
   * connection: while it processes a frame it does not read, so it has not seen the first half.
   */
  async sendRecordInHalves(gatewayHasRead: () => Promise<boolean>, holdMs: number): Promise<boolean> {
    const link = this.current;
    if (!link?.isOpen || link.inFrame) {
      return false;
    }
    const sent = this.newRecord(0);
    const bytes = frameOf(sent);
    const cut = 1 + (this.serial % (bytes.length - 1));
    const isReadOn = link.unacknowledged.length === 0 && link.pendingRecords.length === 0;
    link.inFrame = true;
    const record = this.expect(link);
    sent.pending = record;
    link.peer.send(bytes.subarray(0, cut));
    if ((await gatewayHasRead()) && isReadOn) {
      await readArrivedBytes();
      link.mustBeQuiet = true;
      this.note(`has sent half a frame on link ${link.number}`);
    }
    await new Promise((resolve) => setTimeout(resolve, holdMs));
    link.peer.send(bytes.subarray(cut));
    link.inFrame = false;
    link.held.splice(0).forEach((work) => work());
    return this.acknowledged(link, record, sent);
  }

  /** Sends a message that answers no command. */
  sendMessage(): void {
    this.reply(`serial line ${++this.serial}`, null, 'unknown');
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
      (what) => this.violations.push(what),
    );
    this.links.push(link);
    peer.send(login(this.imei));
    await waitFor(() => link.loggedIn || peer.isClosed, { timeoutMs: 5_000, what: 'the answer to a login' }).catch(() =>
      peer.close(),
    );
    if (link.isOpen) {
      this.current = link;
      this.note(`is connected on link ${link.number}`);
    }
  }

  private take(link: Link, text: string): void {
    if (this.current !== null && link.number < this.current.number) {
      // Bytes that were in flight to a connection that the device has left.
      return;
    }
    const at = Date.now();
    const behaviour = this.behaviours.get(text)?.shift() ?? ANSWER_AT_ONCE;
    this.received.push({ text, at, link: link.number });
    this.note(`receives "${text}" on link ${link.number}: ${JSON.stringify(behaviour)}`);
    if (this.guarded.has(text) && !this.allowsGuarded(at)) {
      this.violations.push(`received "${text}" although the newest acknowledged record does not meet its guard`);
    }
    if (link.mustBeQuiet) {
      this.violations.push(`received "${text}" between the first half of a frame and its acknowledgement`);
    }
    switch (behaviour.kind) {
      case 'answer':
      case 'lose-answer':
      case 'drop-after':
      case 'answer-unknown':
        return this.execute(link, text, behaviour);
      case 'postpone':
        return this.postpone(link, text, behaviour);
      case 'refuse':
        return this.refuse(text, behaviour.afterMs);
      case 'drop-before':
        return this.drop(0, true);
      case 'ignore':
        return;
    }
  }

  /** A newer record that is not acknowledged yet, or whose acknowledgement was lost, may be stored: the gateway may go by it. */
  private allowsGuarded(at: number): boolean {
    const acknowledged = this.records.filter(({ pending }) => pending?.acknowledged === true);
    const newest = Math.max(...acknowledged.map(({ timeMs }) => timeMs));
    return this.records.some((record) => record.pending !== null && record.timeMs >= newest && meetsGuard(record, at));
  }

  private refuse(text: string, afterMs: number): void {
    const reply = refusal(text, ++this.serial);
    if (reply !== null) {
      this.later(afterMs, () => this.reply(reply, text, 'refusal'));
    }
  }

  private postpone(link: Link, text: string, { afterMs, thenMs }: Extract<Behaviour, { kind: 'postpone' }>): void {
    if (!text.startsWith('setdigout')) {
      return this.execute(link, text, { kind: 'answer', afterMs });
    }
    this.forgetPostponed();
    const reply = postponement(text, ++this.serial);
    this.later(afterMs, () => this.reply(reply, text, 'postponed'));
    if (thenMs !== null) {
      this.forgetPostponed = this.later(afterMs + thenMs, () => this.execute(link, text, ANSWER_AT_ONCE));
    }
  }

  private execute(link: Link, text: string, behaviour: Behaviour): void {
    if (text.startsWith('setdigout')) {
      this.forgetPostponed();
    }
    const reply = answer(text, ++this.serial);
    this.executions.push({ text, at: Date.now(), link: link.number });
    if (behaviour.kind === 'drop-after' || reply === null) {
      this.drop(0, false);
    } else if (behaviour.kind === 'answer') {
      this.later(behaviour.afterMs, () => this.reply(reply, text, 'answer'));
    } else if (behaviour.kind === 'answer-unknown') {
      const unknown = `Unheard of ${this.serial}`;
      this.later(behaviour.afterMs, () => this.reply(unknown, text, 'unknown'));
    }
  }

  /** Returns a function that cancels it. */
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

  /** Replies on the current connection; without one the reply is lost. */
  private reply(text: string, about: string | null, kind: DeviceReply['kind']): void {
    const link = this.current;
    if (!link?.isOpen) {
      this.note(`has no connection for the reply "${text}"`);
      return;
    }
    link.send(() => {
      const reply: DeviceReply = { text, about, kind, at: Date.now(), link: link.number, handled: false };
      this.note(`replies "${text}" on link ${link.number}`);
      link.unacknowledged.push(reply);
      this.replies.push(reply);
      link.peer.send(codec12Frame(TYPE_REPLY, text));
    });
  }

  private newRecord(ageMs: number): SentRecord {
    const sentAtMs = Date.now();
    const timeMs = sentAtMs - ageMs;
    const record: SentRecord = {
      serial: ++this.serial,
      timeMs,
      sentAtMs,
      isOn: this.outputAt(timeMs),
      isStored: false,
      pending: null,
    };
    this.records.push(record);
    return record;
  }

  /** The state of output 1 at that time; null before the first command for it. */
  private outputAt(timeMs: number): boolean | null {
    const last = this.executions.findLast(({ text, at }) => outputSetBy(text) !== null && at <= timeMs);
    return last === undefined ? null : outputSetBy(last.text);
  }

  private expect(link: Link): PendingRecord {
    const record = { before: link.unacknowledged, acknowledged: false };
    link.unacknowledged = [];
    link.pendingRecords.push(record);
    return record;
  }

  private async acknowledged(link: Link, record: PendingRecord, sent: SentRecord): Promise<boolean> {
    await waitFor(() => record.acknowledged || link !== this.current || link.peer.isClosed, {
      timeoutMs: 20_000,
      what: `an acknowledgement to ${this.imei}`,
    });
    sent.isStored = record.acknowledged;
    return record.acknowledged;
  }
}

/** The altitude makes every record another one. */
function frameOf({ serial, timeMs, isOn }: SentRecord): Buffer {
  const output = isOn === null ? [] : [{ id: DOUT1, value: Number(isOn) }];
  const io = [{ id: 240, value: 1 }, { id: IGNITION, value: Number(isIgnitionOn(serial)) }, ...output];
  return recordsFrame([{ timestampMs: timeMs, speed: speedOf(serial), satellites: 9, altitude: serial, io }]);
}

/** Every third record is of a moving vehicle, every fifth of one whose ignition is on. */
const speedOf = (serial: number): number => (serial % 3 === 0 ? 90 : 0);
const isIgnitionOn = (serial: number): boolean => serial % 5 === 0;

function meetsGuard({ serial, timeMs }: SentRecord, at: number): boolean {
  const isFresh = Math.abs(at - timeMs) <= 1_000 * GUARD.maxRecordAgeSeconds + CLOCK_TOLERANCE_MS;
  return speedOf(serial) <= GUARD.maxSpeedKmh && !isIgnitionOn(serial) && isFresh;
}

/** Lets the event loop deliver bytes that have already arrived on the other sockets. */
async function readArrivedBytes(): Promise<void> {
  await nextTurn();
  await nextTurn();
}
