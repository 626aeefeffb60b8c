import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  Module,
  type OnApplicationBootstrap,
  SetMetadata,
} from '@nestjs/common';
import { DiscoveryModule, DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';
import { DatabaseAvailability } from '../database/database-availability.js';
import { SECOND_MS } from '../time-units.js';

type Work = () => unknown;

/** Runs the methods that are marked with @Periodic. */
@Injectable()
export class PeriodicTasks implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly tasks: PeriodicTask[] = [];

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
    private readonly scheduler: SchedulerRegistry,
    private readonly database: DatabaseAvailability,
  ) {}

  onApplicationBootstrap(): void {
    for (const { instance } of this.discovery.getProviders()) {
      if (typeof instance === 'object' && instance !== null) {
        this.mountMethodsOf(instance as Record<string, Work>);
      }
    }
  }

  /** Before the connection pool closes: a run that was cut off would report the pool's closing as a failure. */
  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.tasks.map((task) => task.stop()));
  }

  private mountMethodsOf(provider: Record<string, Work>): void {
    const prototype: object | null = Object.getPrototypeOf(provider) as object | null;
    for (const name of this.scanner.getAllMethodNames(prototype)) {
      const options = this.reflector.get<PeriodicOptions | undefined>(PERIODIC_METADATA, provider[name]!);
      if (options) {
        const logger = new Logger(provider.constructor.name);
        const task = new PeriodicTask(
          () => provider[name]!(),
          options,
          (message, error) => this.database.logFailure(logger, message, error),
        );
        this.tasks.push(task);
        const interval = setInterval(() => task.run(), options.everyMs);
        this.scheduler.addInterval(`${provider.constructor.name}.${name}`, interval);
      }
    }
  }
}

/** Periodic work: @Periodic, and @Cron of @nestjs/schedule. */
@Module({ imports: [ScheduleModule.forRoot(), DiscoveryModule], providers: [PeriodicTasks] })
export class SchedulingModule {}

/** One method marked with @Periodic: *idle*, *running*, or *stopped*, in which no run begins. */
class PeriodicTask {
  private running: Promise<void> | null = null;
  private isStopped = false;
  private isFailing = false;

  constructor(
    private readonly work: Work,
    private readonly options: PeriodicOptions,
    private readonly logFailure: (message: string, error: unknown) => void,
  ) {}

  run(): void {
    if (!this.isStopped) {
      this.running ??= this.runOnce().finally(() => (this.running = null));
    }
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await this.running;
  }

  /** Never rejects. Of failures in a row the first is logged. */
  private async runOnce(): Promise<void> {
    try {
      await this.work();
      this.isFailing = false;
    } catch (error) {
      if (!this.isFailing) {
        const { everyMs, failure } = this.options;
        const next = everyMs < SECOND_MS ? `${everyMs} ms` : `${everyMs / SECOND_MS} s`;
        this.logFailure(`${failure}, retried every ${next}`, error);
      }
      this.isFailing = true;
    }
  }
}

export const PERIODIC_METADATA = 'iot-broker:periodic';

export interface PeriodicOptions {
  readonly everyMs: number;
  /** What a failed run means, for the log: "The newest records could not be refreshed". */
  readonly failure: string;
}

/**
 * Calls a provider's method every `everyMs` from the start of the application until its shutdown. A run that takes longer leaves out the next
 * ones, a run that fails is logged and repeated at the next time, and the shutdown waits for a run in progress (see PeriodicTasks).
 */
export const Periodic = (options: PeriodicOptions): MethodDecorator => SetMetadata(PERIODIC_METADATA, options);
