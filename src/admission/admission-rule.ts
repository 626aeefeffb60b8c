/**
 * Why a device is not admitted: not registered where it must be, banned, outside of the address ranges it is pinned to, or one more than
 * MAX_UNREGISTERED_DEVICES.
 */
export type LoginRefusal = 'unknown' | 'banned' | 'address' | 'limit';

/** Which devices that are not registered are admitted. */
export interface AdmissionRule {
  readonly registeredOnly: boolean;
  /** How many more devices can be admitted before MAX_UNREGISTERED_DEVICES is reached. */
  readonly remaining: number;
}

export interface Admissions<T> {
  readonly results: T[];
  /** Devices that were admitted without being registered, for the first time. */
  readonly newDevices: number;
}

/** A device that requests admission, and the address that it sends from. */
export interface AdmissionRequest {
  readonly imei: string;
  readonly address: string;
}

/** Parameters of a statement that holds `admissionCtes`. */
interface RuleParameters {
  readonly registeredOnly: string;
  readonly remaining: string;
}

/** SQL expressions: a device's row, if it has one, and the address that the device sends from. */
interface RefusalOperands {
  readonly status: string;
  readonly ranges: string;
  readonly address: string;
  readonly registeredOnly: string;
}

/**
 * SQL: why a registered or unknown device is not admitted (a LoginRefusal), or null. The same rule holds for logins, for datagrams, and for
 * the sessions that a change of the register ends. The zone of a link-local address is left out: `inet` does not accept it.
 */
export function loginRefusal({ status, ranges, address, registeredOnly }: RefusalOperands): string {
  return `case
    when ${status} = 'banned' then 'banned'
    when ${status} is null and ${registeredOnly} then 'unknown'
    when cardinality(${ranges}) > 0 then
      case when nullif(split_part(${address}, '%', 1), '')::inet <<= any (${ranges}::inet[]) then null else 'address' end
  end`;
}

/**
 * Common table expressions of a statement that admits devices, behind a CTE `given (imei, address, ...)`:
 * `checked` has the columns of `given` and `refusal` (a LoginRefusal, or null), `noted` records the admitted devices that are not registered.
 * They are part of the statement that opens sessions, so that a ban holds from its commit on. Devices of one IMEI take one place.
 */
export function admissionCtes({ registeredOnly, remaining }: RuleParameters): string {
  return `
  asked as (
    select given.*, device.status as device_status, device.allowed_ranges, device.imei is null as is_unregistered,
           admitted.last_seen as admitted_at
      from given
      left join tbl_iot_devices device on device.imei = given.imei
      left join tbl_iot_unregistered_devices admitted on admitted.imei = given.imei
  ),
  checked as (
    select asked.*, coalesce(
             ${loginRefusal({ status: 'device_status', ranges: 'allowed_ranges', address: 'address', registeredOnly })},
             case when is_unregistered and admitted_at is null
                   and dense_rank() over (partition by is_unregistered and admitted_at is null order by imei) > ${remaining} then 'limit' end
           ) as refusal
      from asked
  ),
  -- Written once a day for each device.
  noted as (
    insert into tbl_iot_unregistered_devices as known (imei)
    select distinct imei from checked
     where refusal is null and is_unregistered and (admitted_at is null or admitted_at < now() - interval '1 day')
     order by imei
    on conflict (imei) do update set last_seen = now()
    returning xmax = 0 as is_new
  )`;
}

/** A column of that statement: how many devices were admitted without being registered, for the first time. */
export const NEW_DEVICES = '(select count(*)::int from noted where is_new) as "newDevices"';

/** The value of NEW_DEVICES, which each row repeats. */
export function newDevicesOf(rows: readonly { newDevices: number }[]): number {
  return rows[0]?.newDevices ?? 0;
}
