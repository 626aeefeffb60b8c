import { type EventType } from '../events/event-types.js';

/** Below NOTIFICATION_URL. The first three are those of the old gateway. */
export const EVENT_PATHS: Readonly<Record<EventType, string>> = {
  'command.completed': '/webhooks/iot/v1/command/confirm',
  'command.failed': '/webhooks/iot/v1/command/bulk_failure',
  telemetry: '/webhooks/iot/v1/telemetry',
  'command.retried': '/webhooks/iot/v1/command/retried',
  'command.postponed': '/webhooks/iot/v1/command/postponed',
  'device.message': '/webhooks/iot/v1/device/message',
  'device.connected': '/webhooks/iot/v1/device/connected',
  'device.disconnected': '/webhooks/iot/v1/device/disconnected',
};
