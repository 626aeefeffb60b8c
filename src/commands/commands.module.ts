import { readFile } from 'node:fs/promises';
import { AuditLogModule } from '../access/audit/audit-log.module.js';
import { ObservabilityModule } from '../platform/observability/observability.module.js';
import { ClusterModule } from '../platform/cluster/cluster.module.js';
import { TelemetryModule } from '../telemetry/telemetry.module.js';
import { TransportModule } from '../transport/transport.module.js';
import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CommandAttempt } from './command-attempt.entity.js';
import { CommandLog } from './command-log.entity.js';
import { StoredMessage } from './replies/stored-message.entity.js';
import { EventsModule } from '../events/events.module.js';
import { CommandSettings } from './commands.settings.js';
import { RetentionModule } from '../platform/retention/table-retention.js';
import { SettingsError } from '../platform/config/settings.module.js';
import { BUILT_IN_CATALOGUE } from './catalogue/built-in-catalogue.js';
import { CommandCatalogue } from './catalogue/command-catalogue.js';
import { BulkCommands } from './bulk/bulk-commands.js';
import { BulkCommandsController } from './bulk/bulk-commands.controller.js';
import { CommandBacklogRepository } from './command-backlog.repository.js';
import { CommandCancellation } from './command-cancellation.js';
import { WatchedRecords } from './confirmation/watched-records.js';
import { ConfirmationRepository } from './confirmation/confirmation.repository.js';
import { TelemetryConfirmation } from './confirmation/telemetry-confirmation.js';
import { CommandCounters } from './command-counters.js';
import { CommandClaims } from './dispatch/command-claims.js';
import { CommandDeliveryRepository } from './dispatch/command-delivery.repository.js';
import { CommandDispatcher } from './dispatch/command-dispatcher.js';
import { CommandMatching } from './replies/command-matching.js';
import { CommandMetrics } from './command-metrics.js';
import { CommandPolling } from './dispatch/command-polling.js';
import { CommandReconnect } from './dispatch/command-reconnect.js';
import { DispatchClaims } from './dispatch/dispatch-claims.js';
import { GuardChecks } from './guards/guard-checks.js';
import { GuardWatch } from './guards/guard-watch.js';
import { GuardedCommandsRepository } from './guards/guarded-commands.repository.js';
import { CommandRepliesRepository } from './replies/command-replies.repository.js';
import { CommandReplies } from './replies/command-replies.js';
import { CommandReplyController } from './replies/command-reply.controller.js';
import { CommandSweeper } from './dispatch/command-sweeper.js';
import { SweepRepository } from './dispatch/sweep.repository.js';
import { CommandsController } from './commands.controller.js';
import { CommandsRepository } from './commands.repository.js';
import { CommandsService } from './commands.service.js';
import { CommandIntake } from './intake/command-intake.js';
import { IntakeRepository } from './intake/intake.repository.js';
import { DeviceMessagesController } from './replies/device-messages.controller.js';
import { DeviceMessagesRepository } from './replies/device-messages.repository.js';
import { WatchedOutputs } from './in-flight/watched-outputs.js';
import { KeptReplies } from './in-flight/kept-replies.js';
import { ReplyStore } from './replies/reply-store.js';
import { UnansweredWritings } from './in-flight/unanswered-writings.js';
import { CommandEnds } from './waiting/command-ends.js';
import { CommandMessages } from './messages/command-messages.js';
import { CommandWaits } from './waiting/command-waits.js';
import { CommandWaitsRepository } from './waiting/command-waits.repository.js';
import { WaitingRequests } from './waiting/waiting-requests.js';

/** Commands to devices, from the request to the truth about what became of it. */
@Module({
  imports: [
    TypeOrmModule.forFeature([CommandAttempt, CommandLog, StoredMessage]),
    AuditLogModule,
    ObservabilityModule,
    ClusterModule,
    TransportModule,
    EventsModule,
    RetentionModule,
    TelemetryModule,
  ],
  controllers: [BulkCommandsController, CommandsController, CommandReplyController, DeviceMessagesController],
  providers: [
    { provide: CommandCatalogue, inject: [CommandSettings], useFactory: loadCatalogue },
    WatchedOutputs,
    WatchedRecords,
    BulkCommands,
    CommandBacklogRepository,
    CommandCancellation,
    CommandClaims,
    CommandCounters,
    CommandDeliveryRepository,
    CommandDispatcher,
    CommandEnds,
    CommandIntake,
    CommandMatching,
    CommandMessages,
    CommandMetrics,
    CommandPolling,
    CommandReconnect,
    CommandReplies,
    CommandRepliesRepository,
    CommandSweeper,
    CommandWaitsRepository,
    CommandsRepository,
    CommandsService,
    ConfirmationRepository,
    DeviceMessagesRepository,
    GuardChecks,
    GuardWatch,
    DispatchClaims,
    GuardedCommandsRepository,
    IntakeRepository,
    ReplyStore,
    SweepRepository,
    TelemetryConfirmation,
    UnansweredWritings,
    WaitingRequests,
    { provide: CommandWaits, inject: [CommandSettings], useFactory: createWaits },
    { provide: KeptReplies, useFactory: () => new KeptReplies() },
  ],
  exports: [CommandMessages],
})
export class CommandsModule {}

function createWaits({ COMMAND_MAX_WAITS: maxWaits, COMMAND_MAX_WAITS_PER_KEY: maxWaitsPerKey }: CommandSettings): CommandWaits {
  return new CommandWaits({ maxWaits, maxWaitsPerKey });
}

/** Throws SettingsError. */
async function loadCatalogue({ COMMAND_CATALOGUE_FILE: file }: CommandSettings): Promise<CommandCatalogue> {
  if (file === undefined) {
    return new CommandCatalogue(BUILT_IN_CATALOGUE);
  }
  try {
    return CommandCatalogue.withOperatorEntries(await readFile(file, 'utf8'), file);
  } catch (error) {
    throw new SettingsError([`COMMAND_CATALOGUE_FILE: ${(error as Error).message}`]);
  }
}
