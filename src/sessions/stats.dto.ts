/** One gateway process of the cluster. */
export class InstanceStatsDto {
  /** @example 'iot-broker-7c9f4:1' */
  readonly instance!: string;
  /** @example '7b0c2a4e-93d1-4c55-8f0e-2f6a1d9e4b10' */
  readonly instanceId!: string;
  readonly startedAt!: Date;
  readonly heartbeatAt!: Date;
  /** Devices it holds. */
  readonly devices!: number;
  /** Its own sections, as of its last heartbeat. */
  readonly stats!: Record<string, unknown> | null;
}

/**
 * How the gateway is doing: devices of the whole cluster, the process and its counters of the instance that answers, and every instance.
 * The sections between memoryUsage and instances are each feature's own counters since its start.
 */
export class StatsDto {
  readonly success!: true;
  /** Devices that are logged in, on all instances; while the database is away, on the one that answers. */
  readonly authenticatedDevices!: number;
  /** Seconds since the start of the process. */
  readonly uptime!: number;
  /** Bytes, as Node.js counts them. */
  readonly memoryUsage!: Record<string, number>;
  /** The device listener: connections, logins, frames, rejections by code. */
  readonly transport!: Record<string, unknown>;
  /** The ingest: records stored, duplicates, batches, quarantine. */
  readonly telemetry?: Record<string, unknown>;
  /** Those that are alive; none while the database is away. */
  readonly instances!: InstanceStatsDto[];
}
