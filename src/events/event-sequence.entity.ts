import { Column, Entity, PrimaryColumn } from 'typeorm';
import { XID8 } from '../platform/database/data-source.js';

/** The last sequence number of a device, and the transaction that its last event stands under in the feed. */
@Entity('tbl_iot_event_sequences')
export class EventSequence {
  @PrimaryColumn({ type: 'text' })
  readonly imei!: string;

  /** A 64-bit number in decimal. */
  @Column({ type: 'bigint', name: 'last_sequence' })
  readonly lastSequence!: string;

  @Column({ type: XID8, name: 'last_transaction_id', default: '0' })
  readonly lastTransactionId!: string;
}
