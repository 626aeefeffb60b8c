import { Module, type OnModuleInit } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AccessModule } from '../access/access.module.js';
import { AuditLogModule } from '../access/audit/audit-log.module.js';
import { Authentication } from '../access/authentication/authentication.js';
import { ClusterModule } from '../platform/cluster/cluster.module.js';
import { TransportModule } from '../transport/transport.module.js';
import { ConsoleSessionController } from './console-session.controller.js';
import { ConsoleSettings } from './console.settings.js';
import { GatewayDescription } from './gateway-description.js';
import { SimulatorController } from './simulator/simulator.controller.js';
import { SimulatorProcess } from './simulator/simulator-process.js';
import { ConsoleSecret, ConsoleSession } from './sessions/console-session.entity.js';
import { ConsoleSessions } from './sessions/console-sessions.js';
import { ConsoleSessionsRepository } from './sessions/console-sessions.repository.js';
import { KnownSessions } from './sessions/known-sessions.js';

/** The web console: its pages, and who is signed in to them. */
@Module({
  imports: [
    TypeOrmModule.forFeature([ConsoleSecret, ConsoleSession]),
    AccessModule,
    AuditLogModule,
    ClusterModule,
    TransportModule,
  ],
  controllers: [ConsoleSessionController, SimulatorController],
  providers: [ConsoleSessions, ConsoleSessionsRepository, GatewayDescription, KnownSessions, SimulatorProcess],
})
export class ConsoleModule implements OnModuleInit {
  constructor(
    private readonly authentication: Authentication,
    private readonly sessions: ConsoleSessions,
    private readonly settings: ConsoleSettings,
  ) {}

  /** Without the console its sessions are good for nothing. */
  onModuleInit(): void {
    if (this.settings.CONSOLE_ENABLED) {
      this.authentication.useSessions(this.sessions);
    }
  }
}
