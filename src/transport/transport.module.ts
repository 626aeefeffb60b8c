import { type DynamicModule, type FactoryProvider, Module } from '@nestjs/common';
import { ConnectionRegistry } from './connection-registry.js';
import { DeviceTrace } from './device-trace.js';
import { TeltonikaServer } from './teltonika-server.js';
import { TransportCounters } from './transport-counters.js';
import { TRANSPORT_OPTIONS, type TransportOptions } from './transport-options.js';

/** The listener's options, from the composition root. Global, like all configuration. */
@Module({})
export class TransportOptionsModule {
  static forRootAsync(options: Pick<FactoryProvider<TransportOptions>, 'inject' | 'useFactory'>): DynamicModule {
    return {
      module: TransportOptionsModule,
      global: true,
      providers: [{ provide: TRANSPORT_OPTIONS, ...options }],
      exports: [TRANSPORT_OPTIONS],
    };
  }
}

/** The device listener, as a Nest microservice transport. */
@Module({
  providers: [TransportCounters, ConnectionRegistry, DeviceTrace, TeltonikaServer],
  exports: [TransportCounters, ConnectionRegistry, DeviceTrace, TeltonikaServer],
})
export class TransportModule {}
