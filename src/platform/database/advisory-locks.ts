/**
 * Keys of PostgreSQL's advisory locks. Every instance of every version must use the same. Keys of one number and keys of two numbers do not
 * collide.
 */

/** Held while migrations run. */
export const MIGRATION_LOCK = 7_310_200_811;
/** Held while partitions are created and dropped. */
export const PARTITION_LOCK = 7_310_200_812;
/** Held while the sessions of dead instances are ended. */
export const REAPER_LOCK = 731_022;
/** Held while a batch of failed commands is claimed. `iot_claim_batch.sql` contains the number. */
export const FAILURE_BATCH_LOCK = 731_021;

/** First number; the second one is the hash of an IMEI. Orders what is done to the commands of one device. */
export const COMMAND_LOCKS = 731_020;
/** First number; the second one is the hash of a table. Held while rows of the table are deleted. */
export const RETENTION_LOCKS = 731_021;
