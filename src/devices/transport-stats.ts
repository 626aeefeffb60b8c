import { Injectable, type OnModuleInit } from '@nestjs/common';
import { StatsRegistry } from '../platform/observability/stats-registry.js';
import { TeltonikaServer } from '../transport/teltonika-server.js';
import { TransportCounters } from '../transport/transport-counters.js';

/** Shows in GET stats what the listener has seen. */
@Injectable()
export class TransportStats implements OnModuleInit {
  constructor(
    private readonly server: TeltonikaServer,
    private readonly counters: TransportCounters,
    private readonly stats: StatsRegistry,
  ) {}

  onModuleInit(): void {
    this.stats.register('transport', () => ({
      connections: this.server.connectionCount,
      bytesInFlight: this.server.bytesInFlight,
      ...this.counters,
    }));
  }
}
