import { DAY_MS } from '../platform/time-units.js';

/**
 * A device time outside this window comes from a wrong clock. Such records are stored and acknowledged like all others, but
 * their days share the default partition, and those from the future do not count as the latest.
 */
export const OLDEST_DAYS_BACK = 400;
export const NEWEST_DAYS_AHEAD = 2;

/** A day as the number of days since 1970-01-01 UTC. */
export function dayOf(ms: number): number {
  return Math.floor(ms / DAY_MS);
}

/** Whether a record with this device time may be the latest one. */
export function isPlausibleTime(timeMs: number, nowMs: number): boolean {
  return timeMs < nowMs + NEWEST_DAYS_AHEAD * DAY_MS;
}

/** The first millisecond of a day. */
export function startOfDay(day: number): number {
  return day * DAY_MS;
}

/** The day as `2026-11-23`. */
export function dateOf(day: number): string {
  return new Date(startOfDay(day)).toISOString().slice(0, 10);
}
