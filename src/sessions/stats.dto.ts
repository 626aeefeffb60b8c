/** One gateway process of the cluster. */
export class InstanceStatsDto {
  /** @example 'iot-broker-7c9f4:1' */
  readonly instance!: string;
  /** @example '7b0c2a4e-93d1-4c55-8f0e-2f6a1d9e4b10' */
  readonly instanceId!: string;
  readonly startedAt!: Date;
  readonly heartbeatAt!: Date;
  /** Devices connected to it. */
  readonly devices!: number;
  /** Its own sections, as of its last heartbeat. */
  readonly stats!: Record<string, unknown> | null;
}

/**
 * State of the gateway: devices of the whole cluster, process and counters of the answering instance, and all instances.
 * The sections between memoryUsage and instances are each feature's own counters since its start.
 */
export class StatsDto {
  readonly success!: true;
  /** Devices that are logged in, on all instances. While the database is unavailable: on the answering instance. */
  readonly authenticatedDevices!: number;
  /** Seconds since the start of the process. */
  readonly uptime!: number;
  /** Bytes, as Node.js counts them. */
  readonly memoryUsage!: Record<string, number>;
  /** The device listener: connections, logins, frames, rejections by code. */
  readonly transport!: Record<string, unknown>;
  /** The ingest: records stored, duplicates, batches, quarantine. */
  readonly telemetry?: Record<string, unknown>;
  /** Logins that were refused, by reason. */
  readonly refusedLogins?: Record<string, number>;
  /** What the device log has stored and left out. */
  readonly deviceLog?: Record<string, number>;
  /** Instances that are alive. Empty while the database is unavailable. */
  readonly instances!: InstanceStatsDto[];
}
