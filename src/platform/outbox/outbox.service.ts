import { Injectable } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { stringifyJson } from '../json/json-source.js';
import { EventSettings } from '../config/settings.js';

/** Something the host should hear. `body` is what it will be told besides id, type, sequence and time. */
export interface OutboxEvent {
  readonly type: string;
  readonly imei: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Events for the host, written in the transaction that causes them: they happen together or not at all. */
@Injectable()
export class OutboxService {
  /** Whether anybody wants events. Statements that append by themselves, with `iot_append_event`, ask first. */
  readonly isEnabled: boolean;

  constructor(settings: EventSettings) {
    this.isEnabled = settings.NOTIFICATION_URL !== undefined || settings.EVENT_FEED_ENABLED;
  }

  /**
   * Appends an event to its device's sequence, which counts up without gaps: the row of the sequence stays locked until
   * the transaction ends, so that numbers are given in the order of the commits. Nothing happens when nobody wants events.
   */
  async append(manager: EntityManager, { type, imei, body }: OutboxEvent): Promise<void> {
    if (!this.isEnabled) {
      return;
    }
    await manager.query('select iot_append_event($1, $2, $3::json)', [imei, type, stringifyJson(body)]);
  }
}
