import { HttpModule } from '@nestjs/axios';
import { Module } from '@nestjs/common';
import { WebhookSettings } from '../platform/config/settings.js';
import { DeliveryQueueRepository } from './delivery/delivery-queue.repository.js';
import { EventFeedController } from './events/event-feed.controller.js';
import { EventFeedRepository } from './events/event-feed.repository.js';
import { EventRetention } from './events/event-retention.js';
import { EventRetentionRepository } from './events/event-retention.repository.js';
import { keptAliveAgents } from './delivery/kept-alive-agents.js';
import { SettlementWriter } from './delivery/settlement-writer.js';
import { WebhookDispatcher } from './delivery/webhook-dispatcher.js';
import { WebhookEventsRepository } from './webhook-events.repository.js';
import { WebhookMetrics } from './webhook-metrics.js';
import { WebhookSender } from './delivery/webhook-sender.js';
import { WebhooksController } from './webhooks.controller.js';
import { WebhooksService } from './webhooks.service.js';

/** Events to the host: delivered by webhooks, looked up and replayed over REST, or fetched from the feed. */
@Module({
  imports: [
    HttpModule.registerAsync({
      inject: [WebhookSettings],
      useFactory: ({ WEBHOOK_CONCURRENCY }: WebhookSettings) => ({
        ...keptAliveAgents(WEBHOOK_CONCURRENCY),
        // The bytes that were signed are the bytes that are sent; the answer is judged and cut elsewhere.
        transformRequest: (body: string) => body,
        responseType: 'stream' as const,
        decompress: false,
        maxRedirects: 0,
        proxy: false as const,
        validateStatus: null,
      }),
    }),
  ],
  controllers: [EventFeedController, WebhooksController],
  providers: [
    DeliveryQueueRepository,
    EventFeedRepository,
    EventRetention,
    EventRetentionRepository,
    SettlementWriter,
    WebhookDispatcher,
    WebhookEventsRepository,
    WebhookMetrics,
    WebhookSender,
    WebhooksService,
  ],
})
export class WebhooksModule {}
