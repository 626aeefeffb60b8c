import { IsOptional, IsString, IsUrl } from 'class-validator';
import { FlagVariable } from '../platform/config/variables.js';

/** The web console. */
export class ConsoleSettings {
  /** Serves the [web console](docs/guides/console.md) at `/console/`, and redirects `/` there. */
  @FlagVariable()
  readonly CONSOLE_ENABLED: boolean = true;

  /** Offers to run simulated devices beside the gateway, on the screen Connect; never with `NODE_ENV=production`. */
  @FlagVariable()
  readonly CONSOLE_SIMULATOR: boolean = true;

  /** A PMTiles file with the streets of the map of the console; not set: outlines of countries. */
  @IsOptional()
  @IsString()
  readonly CONSOLE_MAP_FILE?: string;

  /** A MapLibre style on a server of yours; its origin is then the only other one that the console asks. */
  @IsOptional()
  @IsUrl(
    { require_tld: false, require_protocol: true, protocols: ['http', 'https'] },
    { message: 'CONSOLE_MAP_STYLE_URL must be an address that begins with http:// or https://' },
  )
  readonly CONSOLE_MAP_STYLE_URL?: string;
}
