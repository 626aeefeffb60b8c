import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { type AuditActor } from '../access/audit/audit-actor.js';
import { type AuditEntry } from '../access/audit/audit-entry.js';
import { AuditService } from '../access/audit/audit.service.js';
import { Instance } from '../platform/cluster/cluster-membership.js';
import { InstanceChannel } from '../platform/cluster/instance-channel.js';
import { InstancesRepository } from '../platform/cluster/instances.repository.js';
import { commaSeparated } from '../platform/config/variables.js';
import { TracedBytes } from './traced-bytes.js';
import { TracingSettings } from './tracing.settings.js';
import { DomainError } from '../platform/errors/errors.js';
import { SECOND_MS } from '../platform/time-units.js';

/** Maximum number of active traces. */
const MAX_TRACES = 100;
const TOPIC = 'trace';

interface Trace {
  /** Null: until the process stops. */
  readonly until: Date | null;
  readonly timer: NodeJS.Timeout | null;
}

/**
 * The devices whose bytes are logged. A trace is switched on all instances, because a device may reconnect to any of them. Each ends it by its own
 * clock. An instance that starts later, or missed the notification, does not have it: repeat the request to notify all instances again.
 */
@Injectable()
export class DeviceTraces implements OnModuleInit {
  private readonly logger = new Logger(DeviceTraces.name);
  private readonly traces = new Map<string, Trace>();

  constructor(
    private readonly settings: TracingSettings,
    private readonly bytes: TracedBytes,
    private readonly channel: InstanceChannel,
    private readonly instance: Instance,
    private readonly instances: InstancesRepository,
    private readonly audit: AuditService,
  ) {}

  onModuleInit(): void {
    this.channel.handle(TOPIC, { onMessage: (text) => this.receive(text), onListening: () => undefined });
    for (const imei of commaSeparated(this.settings.LOG_DEVICE ?? '')) {
      this.begin(imei, null);
    }
  }

  /** Until when this instance logs the device's bytes. Null: until it stops. Undefined: not at all. */
  find(imei: string): Date | null | undefined {
    return this.traces.get(imei)?.until;
  }

  list(): { imei: string; until: Date | null }[] {
    return [...this.traces].map(([imei, { until }]) => ({ imei, until }));
  }

  /** Throws TooManyTracesError. */
  async start(imei: string, ttlSeconds: number, actor: AuditActor): Promise<Date> {
    if (this.traces.size >= MAX_TRACES && !this.traces.has(imei)) {
      throw new TooManyTracesError(MAX_TRACES);
    }
    const until = new Date(Date.now() + ttlSeconds * SECOND_MS);
    await this.publish(`${imei} ${ttlSeconds}`, { actor, action: 'device.traced', imei, details: { ttlSeconds } });
    this.begin(imei, until);
    return until;
  }

  async stop(imei: string, actor: AuditActor): Promise<void> {
    await this.publish(`${imei} 0`, { actor, action: 'device.untraced', imei });
    this.end(imei);
  }

  /** The other instances are notified when the audit entry commits; this one acts after that. Without the entry the change has no effect. */
  private publish(message: string, entry: AuditEntry): Promise<void> {
    return this.instances.transaction(async (manager) => {
      await this.audit.record(entry, manager);
      await this.instances.tellOthers(manager, this.instance.id, TOPIC, message);
    });
  }

  private receive(text: string): void {
    const [imei = '', ttlSeconds] = text.split(' ');
    if (ttlSeconds === '0') {
      this.end(imei);
    } else if (this.traces.size < MAX_TRACES || this.traces.has(imei)) {
      this.begin(imei, new Date(Date.now() + Number(ttlSeconds) * SECOND_MS));
    }
  }

  private begin(imei: string, until: Date | null): void {
    clearTimeout(this.traces.get(imei)?.timer ?? undefined);
    const timer = until && setTimeout(() => this.end(imei), until.getTime() - Date.now()).unref();
    this.traces.set(imei, { until, timer });
    this.bytes.watch(this.traces.keys());
    this.logger.log(`Bytes of ${imei} are logged ${until ? `until ${until.toISOString()}` : 'until the process stops'}`, {
      imei,
    });
  }

  private end(imei: string): void {
    const trace = this.traces.get(imei);
    if (trace) {
      clearTimeout(trace.timer ?? undefined);
      this.traces.delete(imei);
      this.bytes.watch(this.traces.keys());
      this.logger.log(`Bytes of ${imei} are no longer logged`, { imei });
    }
  }
}

/** The bytes of the maximum number of devices are already logged. */
export class TooManyTracesError extends DomainError {
  override readonly name = 'TooManyTracesError';
  readonly code = 'TOO_MANY_TRACES';
  readonly httpStatus = 409;

  constructor(limit: number) {
    super(`The bytes of ${limit} devices are already logged: end one of these traces first`);
  }
}
