import { HttpModule } from '@nestjs/axios';
import { ObservabilityModule } from '../platform/observability/observability.module.js';
import { AuditLogModule } from '../access/audit/audit-log.module.js';
import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { PendingDelivery } from './delivery/pending-delivery.entity.js';
import { DeliveryAttempt } from './delivery/delivery-attempt.entity.js';
import { EventSettings } from '../events/events.settings.js';
import { WebhookSettings } from './webhooks.settings.js';
import { DeliveryQueueRepository } from './delivery/delivery-queue.repository.js';
import { EventsModule } from '../events/events.module.js';
import { SettlementWriter } from './delivery/settlement-writer.js';
import { type HostConnections } from './delivery/host-connections.js';
import { WebhookDispatcher } from './delivery/webhook-dispatcher.js';
import { WebhookEventsRepository } from './webhook-events.repository.js';
import { WebhookMetrics } from './webhook-metrics.js';
import { HOST_CONNECTIONS, WebhookSender } from './delivery/webhook-sender.js';
import { WebhooksController } from './webhooks.controller.js';
import { WebhooksService } from './webhooks.service.js';

/** undici takes 6 MB: it is loaded where there is a host. */
async function connectionsOf(events: EventSettings, settings: WebhookSettings): Promise<HostConnections | null> {
  if (events.NOTIFICATION_URL === undefined) {
    return null;
  }
  const { HostConnections } = await import('./delivery/host-connections.js');
  return new HostConnections(events.NOTIFICATION_URL, settings.WEBHOOK_TIMEOUT_SECONDS * 1_000);
}

/** Delivers events to the host by HTTP, and shows and replays deliveries over REST. */
@Module({
  imports: [
    TypeOrmModule.forFeature([PendingDelivery, DeliveryAttempt]),
    ObservabilityModule,
    AuditLogModule,
    EventsModule,
    HttpModule,
  ],
  controllers: [WebhooksController],
  providers: [
    DeliveryQueueRepository,
    SettlementWriter,
    WebhookDispatcher,
    WebhookEventsRepository,
    WebhookMetrics,
    WebhookSender,
    { provide: HOST_CONNECTIONS, inject: [EventSettings, WebhookSettings], useFactory: connectionsOf },
    WebhooksService,
  ],
})
export class WebhooksModule {}
