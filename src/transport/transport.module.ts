import { Module, type DynamicModule, type FactoryProvider } from '@nestjs/common';
import { ConnectionRegistry } from './connection-registry.js';
import { DeviceTrace } from './device-trace.js';
import { TeltonikaServer } from './teltonika-server.js';
import { TransportCounters } from './transport-counters.js';
import { TRANSPORT_OPTIONS, type TransportOptions } from './transport-options.js';

/** The device ports, the registry of connections, and the counters. The composition root passes the options. */
@Module({})
export class TransportModule {
  static forRootAsync(options: Pick<FactoryProvider<TransportOptions>, 'inject' | 'useFactory'>): DynamicModule {
    return {
      module: TransportModule,
      global: true,
      providers: [
        { provide: TRANSPORT_OPTIONS, ...options },
        TransportCounters,
        ConnectionRegistry,
        DeviceTrace,
        TeltonikaServer,
      ],
      exports: [TransportCounters, ConnectionRegistry, DeviceTrace, TeltonikaServer],
    };
  }
}
