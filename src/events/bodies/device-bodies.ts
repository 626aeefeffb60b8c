import { type EventOf } from '../event-types.js';
import { IMEI, integer, nullable, objectSchema, text, time } from './json-schema.js';

/** What the events of a session report of it. */
export interface ReportedSession {
  readonly imei: string;
  readonly connectedAt: Date;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly instance: string;
  readonly instanceId: string;
  readonly epoch: number;
}

/** What the event of a message reports of it. */
export interface ReportedMessage {
  readonly messageId: string;
  readonly imei: string;
  readonly receivedAt: Date;
  readonly codec: number;
  readonly messageType: number;
  readonly deviceTime: Date | null;
  readonly text: string;
  readonly payload: Buffer;
}

export interface DeviceConnectedBody {
  readonly imei: string;
  readonly connectedAt: string;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly instance: string;
  readonly instanceId: string;
  readonly epoch: number;
}

export interface DeviceDisconnectedBody extends DeviceConnectedBody {
  readonly reason: string;
}

export interface DeviceMessageBody {
  readonly imei: string;
  readonly messageId: string;
  readonly receivedAt: string;
  readonly codec: number;
  readonly messageType: number;
  readonly deviceTime: string | null;
  readonly text: string;
  readonly payloadHex: string;
}

export function deviceConnected(session: ReportedSession): EventOf<'device.connected', DeviceConnectedBody> {
  return { type: 'device.connected', imei: session.imei, body: sessionBody(session) };
}

export function deviceDisconnected(
  session: ReportedSession,
  reason: string,
): EventOf<'device.disconnected', DeviceDisconnectedBody> {
  return { type: 'device.disconnected', imei: session.imei, body: { ...sessionBody(session), reason } };
}

export function deviceMessage(message: ReportedMessage): EventOf<'device.message', DeviceMessageBody> {
  const { imei, messageId, receivedAt, codec, messageType, deviceTime, text: words, payload } = message;
  const body = {
    imei,
    messageId,
    receivedAt: receivedAt.toISOString(),
    codec,
    messageType,
    deviceTime: deviceTime?.toISOString() ?? null,
    text: words,
    payloadHex: payload.toString('hex'),
  };
  return { type: 'device.message', imei, body };
}

function sessionBody(session: ReportedSession): DeviceConnectedBody {
  const { imei, connectedAt, remoteAddress, remotePort, instance, instanceId, epoch } = session;
  return { imei, connectedAt: connectedAt.toISOString(), remoteAddress, remotePort, instance, instanceId, epoch };
}

const SESSION = {
  imei: IMEI,
  connectedAt: time('When the connection was accepted.'),
  remoteAddress: text('The address of the device.', '203.0.113.7'),
  remotePort: integer('The port of the device.', 40_123),
  instance: text('The name of the instance that the device is connected to.', 'gateway-0'),
  instanceId: { ...text('Its id.', '6f1c2f5a-7d7e-4c39-9d5c-0a4bb0f3e8d1'), format: 'uuid' },
  epoch: integer('Grows with every login of the device.', 812),
} as const;

export const DEVICE_SCHEMAS = {
  'device.connected': objectSchema<DeviceConnectedBody>('A device has logged in.', SESSION),
  'device.disconnected': objectSchema<DeviceDisconnectedBody>('A device is not connected any more.', {
    ...SESSION,
    reason: text('Why the connection ended. More reasons may be added.', 'peer'),
  }),
  'device.message': objectSchema<DeviceMessageBody>('A device has sent a message that answers no command.', {
    imei: IMEI,
    messageId: text('The id of the message.', '31'),
    receivedAt: time('When the gateway received it.'),
    codec: integer('12, 13, 14 or 15.', 12),
    messageType: integer('The type byte of the message.', 6),
    deviceTime: nullable(time('The time in the message; null when its codec has none.')),
    text: text('The payload as text.', 'DI1:1 DI2:0'),
    payloadHex: text('The payload, byte for byte.', '4449313a31204449323a30'),
  }),
} as const;
