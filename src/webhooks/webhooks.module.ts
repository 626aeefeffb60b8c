import { HttpModule } from '@nestjs/axios';
import { ObservabilityModule } from '../platform/observability/observability.module.js';
import { AuditLogModule } from '../access/audit/audit-log.module.js';
import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { PendingDelivery } from './delivery/pending-delivery.entity.js';
import { DeliveryAttempt } from './delivery/delivery-attempt.entity.js';
import { WebhookSettings } from './webhooks.settings.js';
import { DeliveryQueueRepository } from './delivery/delivery-queue.repository.js';
import { EventsModule } from '../events/events.module.js';
import { keptAliveAgents } from './delivery/http-agents.js';
import { SettlementWriter } from './delivery/settlement-writer.js';
import { WebhookDispatcher } from './delivery/webhook-dispatcher.js';
import { WebhookEventsRepository } from './webhook-events.repository.js';
import { WebhookMetrics } from './webhook-metrics.js';
import { WebhookSender } from './delivery/webhook-sender.js';
import { WebhooksController } from './webhooks.controller.js';
import { WebhooksService } from './webhooks.service.js';

/** Delivers events to the host by HTTP, and shows and replays deliveries over REST. */
@Module({
  imports: [
    TypeOrmModule.forFeature([PendingDelivery, DeliveryAttempt]),
    ObservabilityModule,
    AuditLogModule,
    EventsModule,
    HttpModule.registerAsync({
      inject: [WebhookSettings],
      useFactory: ({ WEBHOOK_CONCURRENCY }: WebhookSettings) => ({
        ...keptAliveAgents(WEBHOOK_CONCURRENCY),
        // The bytes that were signed are the bytes that are sent; outcome.ts classifies and truncates the answer.
        transformRequest: (body: string) => body,
        responseType: 'stream' as const,
        decompress: false,
        maxRedirects: 0,
        proxy: false as const,
        validateStatus: null,
      }),
    }),
  ],
  controllers: [WebhooksController],
  providers: [
    DeliveryQueueRepository,
    SettlementWriter,
    WebhookDispatcher,
    WebhookEventsRepository,
    WebhookMetrics,
    WebhookSender,
    WebhooksService,
  ],
})
export class WebhooksModule {}
