import { type WebhookEvent, type WebhookEventAnswer, type WebhookEventList } from '../../../../client/src/index.js';
import { type Tone } from '../../ui/badge.js';

export { type WebhookEvent, type WebhookEventAnswer, type WebhookEventList };

export const EVENT_STATES = ['pending', 'delivered', 'dead', 'recorded'] as const;
type EventState = (typeof EVENT_STATES)[number];

export const STATE_NAMES: Readonly<Record<EventState, string>> = {
  pending: 'Waiting',
  delivered: 'Delivered',
  dead: 'Given up',
  recorded: 'Feed only',
};

export const STATE_TONES: Readonly<Record<EventState, Tone>> = {
  pending: 'warning',
  delivered: 'good',
  dead: 'bad',
  recorded: 'neutral',
};

export const EVENT_TYPES: readonly string[] = [
  'telemetry',
  'device.connected',
  'device.disconnected',
  'device.message',
  'command.completed',
  'command.failed',
  'command.retried',
  'command.postponed',
];
