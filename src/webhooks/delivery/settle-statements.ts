import { PreparedStatement } from '../../platform/database/driver-statements.js';

/** Settles what was delivered. Parameters: the owner, and arrays of IMEI, sequence, webhook id, status, duration in milliseconds and answer. */
export const SETTLE_DELIVERED = new PreparedStatement(
  'iot_settle_delivered',
  'select iot_settle_delivered($1, $2, $3, $4, $5, $6, $7)',
);

/** Settles everything else: what is tried again, given up, or returned without an attempt. Parameters: the owner, and the settlements as JSON. */
export const SETTLE_OTHERS = new PreparedStatement('iot_settle_others', 'select iot_settle_others($1, $2)');
