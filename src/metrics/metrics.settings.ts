import { IsOptional, IsString } from 'class-validator';
import { PortVariable } from '../platform/config/variables.js';

/** Where /metrics is served. */
export class MetricsSettings {
  /** Port of `/metrics`, without a key; not set: on `API_PORT`, with a key. */
  @IsOptional()
  @PortVariable()
  readonly METRICS_PORT?: number;

  /** Address `METRICS_PORT` listens on. The default is this machine only, because no key is required there. */
  @IsString()
  readonly METRICS_HOST: string = '127.0.0.1';
}
