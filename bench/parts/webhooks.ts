import { atLeast, atMost, type Figure } from '../figure.js';
import { type Part } from '../part.js';
import { number } from '../table.js';
import { benchWebhooks, type WebhookFigures } from '../webhooks.js';

export const webhooksPart: Part = {
  name: 'webhooks',
  byDefault: true,
  async measure(workplace) {
    return figuresOf(await workplace.withPostgres((url) => benchWebhooks(url, workplace.folder)));
  },
};

function figuresOf(figures: WebhookFigures): Figure[] {
  const steady = `webhooks, telemetry events at ${number(figures.steadyPerSecond)} frames/s, receipt to delivery`;
  const backlog = `webhooks, a backlog of ${number(figures.backlog)}`;
  const available = { name: 'host available', value: figures.ingestLiveHost };
  const withoutWebhooks = { name: 'without webhooks', value: figures.ingestSilent };
  return [
    {
      name: `${backlog}, delivered`,
      value: figures.deliveriesPerSecond,
      unit: 'deliveries/s',
      limit: { name: 'bare HTTP client', value: figures.barePostsPerSecond },
      goal: atLeast(1_500),
    },
    { name: `${backlog}, gateway CPU, of one core`, value: figures.gatewayCpuShare * 100, unit: '%', goal: atMost(50) },
    {
      name: `${backlog}, gateway CPU`,
      value: figures.gatewayCpuMicrosecondsPerDelivery,
      unit: 'us/delivery',
      limit: { name: 'bare HTTP client', value: figures.bareCpuMicrosecondsPerPost },
      goal: atMost(333),
    },
    { name: `${steady} p50`, value: figures.receiptToDeliveryP50Ms, unit: 'ms', goal: atMost(1_020) },
    { name: `${steady} p99`, value: figures.receiptToDeliveryP99Ms, unit: 'ms' },
    { name: 'ingest with webhooks, host unavailable', value: figures.ingestDeadHost, unit: 'records/s', limit: available },
    { name: 'ingest with webhooks, host available', value: figures.ingestLiveHost, unit: 'records/s', limit: withoutWebhooks },
  ];
}
