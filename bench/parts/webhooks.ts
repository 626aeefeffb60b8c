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
  const batches = `webhooks, a backlog of ${number(figures.backlog)} with WEBHOOK_BATCH_SIZE=50`;
  const few = `webhooks, a backlog of ${number(figures.fewBacklog)} of ${number(figures.fewDevices)} devices`;
  const slow = 'webhooks, a host that takes 200 ms, 500 devices';
  const possible = { name: 'WEBHOOK_CONCURRENCY / 200 ms', value: figures.slowPossiblePerSecond };
  const withoutBatches = { name: 'one event per request', value: figures.deliveriesPerSecond };
  const available = { name: 'host available', value: figures.ingestLiveHost };
  const withoutWebhooks = { name: 'without webhooks', value: figures.ingestSilent };
  return [
    {
      name: `${backlog}, delivered`,
      value: figures.deliveriesPerSecond,
      unit: 'deliveries/s',
      limit: { name: 'bare HTTP client', value: figures.barePostsPerSecond },
      goal: atLeast(3_000),
    },
    { name: `${backlog}, gateway CPU, of one core`, value: figures.gatewayCpuShare * 100, unit: '%', goal: atMost(100) },
    {
      name: `${backlog}, gateway CPU`,
      value: figures.gatewayCpuMicrosecondsPerDelivery,
      unit: 'us/delivery',
      limit: { name: 'bare HTTP client', value: figures.bareCpuMicrosecondsPerPost },
      goal: atMost(200),
    },
    { name: `${backlog}, CPU of PostgreSQL`, value: figures.databaseCpuMicrosecondsPerDelivery, unit: 'us/delivery' },
    { name: `${batches}, delivered`, value: figures.inBatches.deliveriesPerSecond, unit: 'deliveries/s', limit: withoutBatches },
    { name: `${batches}, gateway CPU`, value: figures.inBatches.gatewayCpuMicrosecondsPerDelivery, unit: 'us/delivery' },
    { name: `${batches}, CPU of PostgreSQL`, value: figures.inBatches.databaseCpuMicrosecondsPerDelivery, unit: 'us/delivery' },
    {
      name: `${few}, delivered`,
      value: figures.ofFewDevices.deliveriesPerSecond,
      unit: 'deliveries/s',
      limit: { name: 'bare HTTP client', value: figures.barePostsPerSecond },
      goal: atLeast(3_000),
    },
    { name: `${few}, CPU of PostgreSQL`, value: figures.ofFewDevices.databaseCpuMicrosecondsPerDelivery, unit: 'us/delivery' },
    { name: `${slow}, delivered`, value: figures.slowPerSecond, unit: 'deliveries/s', limit: possible },
    { name: `${slow}, gateway resident`, value: figures.slowResidentMegabytes, unit: 'MB' },
    { name: `${steady} p50`, value: figures.receiptToDeliveryP50Ms, unit: 'ms', goal: atMost(1_020) },
    { name: `${steady} p99`, value: figures.receiptToDeliveryP99Ms, unit: 'ms' },
    { name: 'ingest with webhooks, host unavailable', value: figures.ingestDeadHost, unit: 'records/s', limit: available },
    { name: 'ingest with webhooks, host available', value: figures.ingestLiveHost, unit: 'records/s', limit: withoutWebhooks },
  ];
}
