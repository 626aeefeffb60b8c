/**
 * Why a device is not admitted: not registered where it must be, banned, outside of the address ranges it is pinned to, or one more than
 * MAX_UNREGISTERED_DEVICES.
 */
export type LoginRefusal = 'unknown' | 'banned' | 'address' | 'limit';
