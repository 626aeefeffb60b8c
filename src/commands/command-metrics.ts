import { Injectable, type OnModuleInit } from '@nestjs/common';
import { CachedReading, MetricsRegistry } from '../platform/observability/metrics-registry.js';
import { CommandBacklogRepository } from './command-backlog.repository.js';
import { CommandCounters } from './command-counters.js';
import { KeptReplies } from './in-flight/kept-replies.js';

const MATCHING_SECONDS = [0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** Shows at /metrics how commands fare. */
@Injectable()
export class CommandMetrics implements OnModuleInit {
  private readonly backlog = new CachedReading(() => this.repository.read());
  private observe: (seconds: number) => void = () => undefined;

  constructor(
    private readonly counters: CommandCounters,
    private readonly repository: CommandBacklogRepository,
    private readonly kept: KeptReplies,
    private readonly metrics: MetricsRegistry,
  ) {}

  /** @param seconds from a message being whole to what it means being stored. */
  observeMatching(seconds: number): void {
    this.observe(seconds);
  }

  onModuleInit(): void {
    const { counters, metrics } = this;
    metrics.counter(
      { name: 'iot_broker_commands_accepted_total', help: 'Commands accepted by this instance.' },
      () => counters.accepted,
    );
    metrics.counter(
      {
        name: 'iot_broker_commands_ended_total',
        help: 'Commands this instance ended, by `status` and `reason`; `COMPLETED` has the reason `none`, or `late` after a reported failure. Superseded commands are not counted.',
        labelNames: ['status', 'reason'],
      },
      () =>
        Object.entries(counters.ended).map(([end, count]) => {
          const [status = '', reason = ''] = end.split(' ');
          return [{ status, reason }, count] as const;
        }),
    );
    this.observe = metrics.histogram(
      {
        name: 'iot_broker_reply_matching_seconds',
        help: "From the last byte of a device's message until its command is settled or the message is stored.",
      },
      MATCHING_SECONDS,
    );
    metrics.gauge(
      { name: 'iot_broker_replies_kept', help: 'Replies of devices kept in memory until the database is available.' },
      () => this.kept.count,
    );
    this.ofTheLedger();
  }

  private ofTheLedger(): void {
    this.metrics.gauge(
      {
        name: 'iot_broker_commands_open',
        help: 'Cluster: commands without an end, `state`: `in_flight`, `waiting`, `postponed` (accepted by the device, which executes them later).',
        labelNames: ['state'],
      },
      async () => {
        const backlog = await this.backlog.get();
        return (
          backlog && [
            [{ state: 'in_flight' }, backlog.inFlight],
            [{ state: 'waiting' }, backlog.waiting],
            [{ state: 'postponed' }, backlog.postponed],
          ]
        );
      },
    );
    this.metrics.gauge(
      {
        name: 'iot_broker_commands_superseded_last_hour',
        help: 'Cluster: commands created in the last hour that a newer command has superseded.',
      },
      async () => (await this.backlog.get())?.supersededInLastHour ?? null,
    );
  }
}
