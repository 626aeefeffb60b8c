import { setTimeout as delay } from 'node:timers/promises';
import { CommandDevice, GUARD } from './command-device.js';
import { type Ledger } from './command-ledger.js';
import { type RequestedCommand, type Step } from './command-scenarios.js';
import { type RestartingGateway } from './restarting-gateway.js';

/** A request of the host and its answer; status and id stay null when the gateway ended before it answered. */
interface HostRequest {
  readonly text: string;
  readonly body: Record<string, unknown>;
  readonly key: string | null;
  status: number | null;
  id: string | null;
}

/** One device and its host: plays the steps and records every answer of the REST API. */
export class CommandHost {
  readonly device: CommandDevice;
  private readonly broken: string[] = [];
  private readonly requests: HostRequest[] = [];
  private readonly cancelled: string[] = [];
  private readonly maybeCancelled = new Set<string>();
  private readonly refusedToCancel: string[] = [];

  constructor(
    imei: string,
    private readonly gateway: RestartingGateway,
    private readonly steps: readonly Step[],
  ) {
    this.device = new CommandDevice(imei, () => gateway.devicePort);
  }

  async play(): Promise<void> {
    for (const step of this.steps) {
      await delay(step.afterMs);
      await this.perform(step);
    }
  }

  /** Every contradiction between the answers of the REST API and the ledger, as sentences. */
  findBroken({ commands }: Ledger): string[] {
    const byId = new Map(commands.map((command) => [command.id, command]));
    const broken = [...this.broken];
    for (const { text, id, status } of this.requests) {
      if (id !== null && byId.get(id)?.command !== text) {
        broken.push(`"${text}" was accepted as ${id}, which is ${byId.get(id)?.command ?? 'not in the ledger'}`);
      }
      if ((status === 404 || status === 409) && this.requests.filter((other) => other.text === text).length === 1) {
        broken.push(
          ...commands.filter(({ command }) => command === text).map(() => `"${text}" was refused, and it is in the ledger`),
        );
      }
    }
    broken.push(
      ...this.cancelled
        .filter((id) => byId.get(id)?.reason !== 'cancelled')
        .map((id) => `${id} was answered as cancelled, and the ledger says otherwise`),
    );
    const cancelledAfterRefusal = this.refusedToCancel.filter(
      (id) => byId.get(id)?.reason === 'cancelled' && !this.maybeCancelled.has(id),
    );
    broken.push(...cancelledAfterRefusal.map((id) => `${id} was answered as not cancellable, and it is cancelled`));
    return broken;
  }

  private async perform(step: Step): Promise<void> {
    switch (step.kind) {
      case 'command':
        return this.request(step.command);
      case 'repeat':
        return this.repeat();
      case 'cancel':
        return this.cancel(step.back);
      case 'drop':
        return this.device.drop(step.awayMs, step.reset);
      case 'silent reconnect':
        for (let time = 0; time < step.times; time++) {
          await this.device.reconnectSilently();
        }
        return;
      case 'record':
        return void (await this.device.sendRecord(step.ageMs));
      case 'split record':
        return void (await this.device.sendRecordInHalves(() => this.gateway.hasReadSockets(), step.holdMs));
      case 'message':
        return this.device.sendMessage();
    }
  }

  private async request(command: RequestedCommand): Promise<void> {
    const { mode, maxRetry, timeoutSeconds, ttlSeconds, postponedSeconds, urgent, hasKey, behaviours } = command;
    const isGuarded = command.guarded && ['raw', 'output on', 'output off', 'element'].includes(command.name);
    const text = textOf({ ...command, unique: command.unique || isGuarded }, this.requests.length);
    const { imei } = this.device;
    const body = {
      imei,
      ...requestOf(command.name, text),
      urgent,
      mode,
      maxRetry,
      timeoutSeconds,
      postponedSeconds,
      ...(mode === 'queue' ? { ttlSeconds } : {}),
      ...(isGuarded ? { guard: GUARD } : {}),
    };
    const key = hasKey ? `${imei}-${this.requests.length}` : null;
    const request: HostRequest = { text, body, key, status: null, id: null };
    this.requests.push(request);
    this.device.plan(text, behaviours);
    if (isGuarded) {
      this.device.guarded.add(text);
    }
    await this.submit(request);
  }

  private async submit(request: HostRequest): Promise<void> {
    const { text, body, key } = request;
    this.device.note(`host: "${text}" ${JSON.stringify(body)}`);
    const answer = await this.gateway.post('command', body, key === null ? {} : { 'idempotency-key': key });
    this.device.note(`host: "${text}" is answered ${answer?.status ?? 'nothing'} ${answer?.body.commandLogId ?? ''}`);
    if (answer === null) {
      return;
    }
    const { status } = answer;
    const id = answer.body.commandLogId ?? null;
    const isGuardNotMet = answer.body.code === 'GUARD_NOT_MET' && this.device.guarded.has(text) && body.mode === 'live';
    if (![200, 202, 404].includes(status) && !isGuardNotMet && this.gateway.isUp) {
      this.broken.push(`"${text}" was answered ${status} ${JSON.stringify(answer.body)}`);
    }
    if (request.id !== null && id !== request.id) {
      this.broken.push(`the repeated request for "${text}" gave ${id}, the first one ${request.id}`);
    }
    request.status = status;
    request.id = id;
  }

  private async repeat(): Promise<void> {
    const request = this.requests.findLast(({ key }) => key !== null);
    if (!request) {
      return;
    }
    await Promise.all([this.submit(request), this.reuseKey(request)]);
  }

  /** Sends the same key with another request. */
  private async reuseKey({ body, key, id }: HostRequest): Promise<void> {
    if (id === null) {
      return;
    }
    const answer = await this.gateway.post('command', { ...body, metadata: 'another' }, { 'idempotency-key': key ?? '' });
    if (answer !== null && answer.status !== 409 && this.gateway.isUp) {
      this.broken.push(`key ${key} was used again: ${answer.status}`);
    }
  }

  private async cancel(back: number): Promise<void> {
    const id = this.requests.at(-1 - back)?.id;
    if (!id) {
      return;
    }
    const answer = await this.gateway.post(`commands/${id}/cancel`);
    this.device.note(`host: cancels ${id}: ${answer?.status ?? 'no answer'}`);
    if (answer?.status === 409) {
      this.refusedToCancel.push(id);
      return;
    }
    // A later request can succeed after a refusal: an attempt of which no byte was written is withdrawn. Without an answer the end is unknown.
    this.maybeCancelled.add(id);
    if (answer?.status === 200) {
      this.cancelled.push(id);
    }
  }
}

/** The text itself, or the action that makes it: `alarm arm 7`. */
function requestOf(name: RequestedCommand['name'], text: string): Record<string, unknown> {
  return name === 'arm' || name === 'disarm'
    ? { action: name, params: { number: Number(text.split(' ')[2]) } }
    : { command: text };
}

function textOf({ name, unique }: RequestedCommand, number: number): string {
  switch (name) {
    case 'raw':
      return `probe ${number}`;
    case 'output on':
      return unique ? `setdigout 1? ${number + 10}` : 'setdigout 1?';
    case 'output off':
      return unique ? `setdigout 0? ${number + 10}` : 'setdigout 0?';
    case 'element':
      return `readio ${unique ? number + 100 : 21 + (number % 2) * 45}`;
    case 'arm':
    case 'disarm':
      return `alarm ${name} ${unique ? number + 10 : 1}`;
    case 'getinfo':
    case 'cpureset':
      return name;
  }
}
