import { type ClaimedDelivery } from './delivery.js';
import { webhookRequests } from './webhook-request.js';

function delivery(eventId: string, fields: Partial<ClaimedDelivery> = {}): ClaimedDelivery {
  return {
    eventId,
    imei: '350612000000001',
    sequence: '9007199254740993',
    type: 'command.completed',
    occurredAt: '2026-11-23T12:00:00.000Z',
    body: '{"imei":"350612000000001"}',
    batchId: null,
    failures: 0,
    ...fields,
  };
}

const ADDED = '"eventId":"evt_1","type":"command.completed","sequence":9007199254740993,"occurredAt":"2026-11-23T12:00:00.000Z"';

describe('webhookRequests', () => {
  it('adds id, type, sequence and time to a body, and leaves its other bytes unchanged', () => {
    const body = '{"identified":true, "metadata" : {"id":12345678901234567890, "n": 1.0,"2":0,"1":0,"s":"}{"} }';
    expect(webhookRequests([delivery('1', { body })])).toMatchObject([
      { id: 'evt_1', path: '/webhooks/iot/v1/command/confirm', body: `${body.slice(0, -1)},${ADDED}}` },
    ]);
  });

  it.each(['{}', ' { } '])('accepts %j as a body', (body) => {
    const [request] = webhookRequests([delivery('1', { body })]);
    expect(JSON.parse(request?.body ?? '')).toMatchObject({ eventId: 'evt_1', type: 'command.completed' });
  });

  it('puts the failures of a batch into one body, each with its own id, under the id of the batch', () => {
    const failed = (id: string, occurredAt: string): ClaimedDelivery =>
      delivery(id, { type: 'command.failed', batchId: 'b', occurredAt, sequence: id });
    const [request, ...others] = webhookRequests([
      failed('1', '2026-11-23T12:00:01.000Z'),
      failed('2', '2026-11-23T12:00:00.000Z'),
    ]);
    expect(others).toEqual([]);
    expect(request).toMatchObject({ id: 'bat_b', path: '/webhooks/iot/v1/command/bulk_failure' });
    expect(JSON.parse(request?.body ?? '')).toEqual({
      entries: [
        {
          imei: '350612000000001',
          eventId: 'evt_1',
          type: 'command.failed',
          sequence: 1,
          occurredAt: '2026-11-23T12:00:01.000Z',
        },
        {
          imei: '350612000000001',
          eventId: 'evt_2',
          type: 'command.failed',
          sequence: 2,
          occurredAt: '2026-11-23T12:00:00.000Z',
        },
      ],
      eventId: 'bat_b',
      type: 'command.failed',
      sequence: null,
      occurredAt: '2026-11-23T12:00:01.000Z',
    });
  });

  it('sends a single failure in the form of a batch, under its own id', () => {
    const [request] = webhookRequests([delivery('1', { type: 'command.failed' })]);
    expect(request?.id).toBe('evt_1');
    expect(JSON.parse(request?.body ?? '')).toMatchObject({ eventId: 'evt_1', entries: [{ eventId: 'evt_1' }] });
  });
});
