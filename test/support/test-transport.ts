import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Ctx, MessagePattern, Payload, type MicroserviceOptions } from '@nestjs/microservices';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { networkOf } from '../../src/access/authentication/client-address.js';
import { ConnectionRegistry } from '../../src/transport/connection-registry.js';
import {
  DEVICE_DISCONNECTED,
  DEVICE_LOGIN,
  DEVICE_PACKET,
  REJECTED_FRAME,
  TELEMETRY_FRAMES,
  type DeviceDisconnected,
  type DeviceLogin,
  type DevicePacket,
  type LoginOutcome,
  type RejectedFrame,
  type FrameOutcome,
  type TelemetryFrame,
} from '../../src/transport/patterns.js';
import { TeltonikaContext } from '../../src/transport/teltonika.context.js';
import { TeltonikaServer } from '../../src/transport/teltonika-server.js';
import { TransportCounters } from '../../src/transport/transport-counters.js';
import { TransportModule, TransportOptionsModule } from '../../src/transport/transport.module.js';
import { type TransportOptions } from '../../src/transport/transport-options.js';

/** What the handlers behind the transport do; a test changes it as it goes. */
class Handlers {
  packet: (packet: DevicePacket, context: TeltonikaContext) => Promise<boolean> | boolean = () => true;
  login: (login: DeviceLogin, context: TeltonikaContext) => Promise<boolean> | boolean = () => true;
  telemetry: (frame: TelemetryFrame, context: TeltonikaContext) => Promise<number> | number = (frame) => frame.count;
  readonly disconnected: DeviceDisconnected[] = [];
  /** What giving back a session waits for. */
  givenBack: Promise<void> = Promise.resolve();
  rejected: (frame: RejectedFrame, context: TeltonikaContext) => FrameOutcome = () => ({ kind: 'close' });
}

const DEFAULT_OPTIONS: TransportOptions = {
  host: '127.0.0.1',
  port: 0,
  maxConnections: 1_000,
  maxConnectionsPerAddress: 0,
  maxNewConnectionsPerSecond: 0,
  maxFrameBytes: 16_384,
  maxLoginBytes: 4_096,
  maxLoginsPerSecond: 0,
  maxDatagramsPerSecond: 0,
  maxFramesPerSecond: 0,
  frameTimeoutMs: 60_000,
  maxUnsentBytes: 16_384,
  loginTimeoutMs: 10_000,
  idleTimeoutMs: 60_000,
  keepAliveMs: 60_000,
  maxBytesInFlight: 1 << 20,
  networkOf,
  comesFromBalancer: () => false,
  tls: null,
  udpPort: null,
  drainTimeoutMs: 5_000,
};

export interface TestTransport {
  readonly app: NestFastifyApplication;
  readonly server: TeltonikaServer;
  readonly counters: TransportCounters;
  readonly registry: ConnectionRegistry;
  readonly handlers: Handlers;
  readonly port: number;
}

/** The real transport on a real port in a real Nest microservice; only what is done with the frames belongs to the test. */
export async function startTransport(options: Partial<TransportOptions> = {}): Promise<TestTransport> {
  const handlers = new Handlers();
  let epoch = 0;

  @Controller()
  class TestController {
    @MessagePattern(DEVICE_LOGIN)
    async login(@Payload() login: DeviceLogin, @Ctx() context: TeltonikaContext): Promise<LoginOutcome> {
      return (await handlers.login(login, context)) ? { kind: 'accept', epoch: ++epoch } : { kind: 'refuse' };
    }

    @MessagePattern(DEVICE_PACKET)
    async packet(@Payload() packet: DevicePacket, @Ctx() context: TeltonikaContext): Promise<boolean> {
      return handlers.packet(packet, context);
    }

    @MessagePattern(DEVICE_DISCONNECTED)
    disconnected(@Payload() gone: DeviceDisconnected, @Ctx() _context: TeltonikaContext): Promise<void> {
      handlers.disconnected.push(gone);
      return handlers.givenBack;
    }

    @MessagePattern(TELEMETRY_FRAMES)
    telemetry(@Payload() frames: readonly TelemetryFrame[]): void {
      for (const frame of frames) {
        const store = async (): Promise<number> => handlers.telemetry(frame, frame.context);
        store().then(
          (count) => frame.listener.stored(count),
          (error: unknown) => frame.listener.failed(error),
        );
      }
    }

    @MessagePattern(REJECTED_FRAME)
    rejected(@Payload() frame: RejectedFrame, @Ctx() context: TeltonikaContext): FrameOutcome {
      return handlers.rejected(frame, context);
    }
  }

  @Module({
    imports: [TransportOptionsModule.forRootAsync({ useFactory: () => ({ ...DEFAULT_OPTIONS, ...options }) }), TransportModule],
    controllers: [TestController],
  })
  class TestModule {}

  const app = await NestFactory.create<NestFastifyApplication>(TestModule, new FastifyAdapter(), { logger: false });
  const server = app.get(TeltonikaServer);
  app.connectMicroservice<MicroserviceOptions>({ strategy: server }, { inheritAppConfig: false });
  await app.init();
  await app.startAllMicroservices();
  return { app, server, counters: server.counters, registry: app.get(ConnectionRegistry), handlers, port: server.port };
}
