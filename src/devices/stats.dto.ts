/** How this gateway is doing. The sections below the first four are each feature's own counters since its start. */
export class StatsDto {
  readonly success!: true;
  /** Devices that are logged in. */
  readonly authenticatedDevices!: number;
  /** Seconds since the start of the process. */
  readonly uptime!: number;
  /** Bytes, as Node.js counts them. */
  readonly memoryUsage!: Record<string, number>;
  /** The device listener: connections, logins, frames, rejections by code. */
  readonly transport!: Record<string, unknown>;
  /** The ingest: records stored, duplicates, batches, quarantine. */
  readonly telemetry?: Record<string, unknown>;
}
