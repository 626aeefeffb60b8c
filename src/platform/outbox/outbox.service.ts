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
  private readonly enabled: boolean;

  constructor(settings: EventSettings) {
    this.enabled = settings.NOTIFICATION_URL !== undefined || settings.EVENT_FEED_ENABLED;
  }

  /**
   * Appends an event to its device's sequence, which counts up without gaps: the row of the sequence stays locked until
   * the transaction ends, so that numbers are given in the order of the commits. Nothing happens when nobody wants events.
   */
  async append(manager: EntityManager, { type, imei, body }: OutboxEvent): Promise<void> {
    if (!this.enabled) {
      return;
    }
    await manager.query(
      `with numbered as (
         insert into tbl_iot_event_sequences as known (imei, last_sequence) values ($1, 1)
         on conflict (imei) do update set last_sequence = known.last_sequence + 1
         returning last_sequence
       )
       insert into tbl_iot_outbox (imei, sequence, type, body)
       select $1, last_sequence, $2, $3::json from numbered`,
      [imei, type, stringifyJson(body)],
    );
  }
}
