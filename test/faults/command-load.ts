import { setTimeout as delay } from 'node:timers/promises';
import { CommandDevice } from '../models/command-device.js';
import { type LedgerCommand, nameOf, readLedger } from '../models/command-ledger.js';
import { brokenEvents } from '../models/command-rules.js';
import { type TestDatabase } from '../support/test-database.js';
import { type Chance } from './chance.js';
import { type GatewaySeat } from './gateway-seat.js';

const FIRST_IMEI = 872_000_000_000_000;
const PAUSE_MS = 100;
/** Of orders at a pace. */
const TICK_MS = 10;
const MAX_UNANSWERED = 256;

export interface CommandLoadOptions {
  readonly devices: number;
  readonly port: () => number;
  readonly seat: () => GatewaySeat;
  readonly chance: Chance;
  /** Not given: one after the other. */
  readonly perSecond?: number;
}

/** Devices that execute commands, and a host that orders them: each text once, so that it is known whose an execution was. */
export class CommandLoad {
  readonly devices: readonly CommandDevice[];
  private readonly ordered: { id: string; imei: string }[] = [];
  private running = true;
  private ordering: Promise<void> = Promise.resolve();
  private serial = 0;
  /** From the order to the gateway's word that it is written down, in milliseconds. */
  latencies: number[] = [];

  constructor(private readonly options: CommandLoadOptions) {
    this.devices = Array.from(
      { length: options.devices },
      (_, index) => new CommandDevice(String(FIRST_IMEI + index), options.port),
    );
  }

  get orders(): number {
    return this.ordered.length;
  }

  start(): void {
    this.devices.forEach((device) => device.start());
    this.ordering = this.keepOrdering();
  }

  /** No more orders; the devices stay and answer what is open. */
  async stopOrdering(): Promise<void> {
    this.running = false;
    await this.ordering;
    this.devices.forEach((device) => device.answerAtOnce());
  }

  async stop(): Promise<void> {
    await Promise.all(this.devices.map((device) => device.stop()));
  }

  async findBroken(database: TestDatabase): Promise<string[]> {
    const ledgers = await Promise.all(this.devices.map(({ imei }) => readLedger(database, imei)));
    const known = new Set(ledgers.flatMap(({ commands }) => commands.map(({ id }) => id)));
    return [
      ...this.ordered.filter(({ id }) => !known.has(id)).map(({ id }) => `command ${id} was accepted and is not on record`),
      ...this.devices.flatMap((device, index) => ledgers[index]!.commands.flatMap((command) => brokenEnd(command, device))),
      ...ledgers.flatMap(({ commands, events }) => commands.flatMap((command) => brokenEvents(command, events))),
      ...this.devices.flatMap(({ violations }) => violations),
    ];
  }

  private async keepOrdering(): Promise<void> {
    const { perSecond } = this.options;
    if (perSecond !== undefined) {
      await this.orderAtPace(perSecond);
      return;
    }
    while (this.running) {
      // A command that was refused, or whose outcome is unknown, was not accepted by the gateway.
      await this.order().catch(() => undefined);
      await delay(PAUSE_MS);
    }
  }

  /** Orders that a slow gateway has delayed are not made up for. */
  private async orderAtPace(perSecond: number): Promise<void> {
    const unanswered = new Set<Promise<void>>();
    for (let lastAt = performance.now(); this.running; await delay(TICK_MS)) {
      const now = performance.now();
      const due = Math.min(Math.floor(((now - lastAt) * perSecond) / 1_000), MAX_UNANSWERED - unanswered.size);
      if (due <= 0) {
        continue;
      }
      lastAt = now;
      for (let count = 0; count < due; count++) {
        const order = this.order()
          .catch(() => undefined)
          .finally(() => unanswered.delete(order));
        unanswered.add(order);
      }
    }
    await Promise.all(unanswered);
  }

  private async order(): Promise<void> {
    const { chance, seat } = this.options;
    const device = chance.pick(this.devices);
    const command = `probe ${++this.serial}`;
    if (chance.next() < 0.2) {
      device.plan(command, [
        chance.pick([{ kind: 'lose-answer' }, { kind: 'ignore' }, { kind: 'drop-after' }, { kind: 'drop-before' }]),
      ]);
    }
    const { gateway } = seat();
    const askedAt = performance.now();
    const { body } = await gateway.post<{ commandLogId?: string }>('command', {
      imei: device.imei,
      command,
      mode: chance.pick(['live', 'queue']),
      maxRetry: chance.pick([0, 1, 3]),
      timeoutSeconds: 2,
      ttlSeconds: 6,
    });
    if (body.commandLogId === undefined) {
      return;
    }
    this.latencies.push(performance.now() - askedAt);
    this.ordered.push({ id: body.commandLogId, imei: device.imei });
    if (chance.next() < 0.1) {
      await gateway.post(`commands/${body.commandLogId}/cancel`, {});
    }
  }
}

function brokenEnd(command: LedgerCommand, device: CommandDevice): string[] {
  const { status, reason, attempts, maxRetry, completedAt, inFlight } = command;
  const isOf = ({ text }: { text: string }): boolean => text === command.command;
  const [writings, executions] = [device.received.filter(isOf).length, device.executions.filter(isOf).length];
  const neverWritten = ['expired', 'cancelled'].includes(reason ?? '');
  const rules: [what: string, isBroken: boolean][] = [
    ['has not ended', !['COMPLETED', 'FAILED'].includes(status) || completedAt === null || inFlight],
    [`was never written, says its end, and came to the device ${writings} times`, neverWritten && writings > 0],
    ['is completed and was not executed', status === 'COMPLETED' && executions === 0],
    [`was executed ${executions} times with ${maxRetry} retries`, executions > maxRetry + 1],
    [`came ${writings} times with ${attempts} attempts on record`, writings > attempts],
  ];
  return rules.filter(([, isBroken]) => isBroken).map(([what]) => `${device.imei} ${nameOf(command)} ${what}`);
}
