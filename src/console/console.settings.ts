import { IsOptional, IsString, IsUrl } from 'class-validator';
import { FlagVariable } from '../platform/config/variables.js';

/** The web console. */
export class ConsoleSettings {
  /** Serves the console at /console/, and sends `/` there. */
  @FlagVariable()
  readonly CONSOLE_ENABLED: boolean = true;

  /** A PMTiles file with the streets of the console's map. Not set: outlines of countries. */
  @IsOptional()
  @IsString()
  readonly CONSOLE_MAP_FILE?: string;

  /** A style of MapLibre on a server of your own. The only setting with which the console asks another origin: the one of this address. */
  @IsOptional()
  @IsUrl(
    { require_tld: false, require_protocol: true, protocols: ['http', 'https'] },
    { message: 'CONSOLE_MAP_STYLE_URL must be an address that begins with http:// or https://' },
  )
  readonly CONSOLE_MAP_STYLE_URL?: string;
}
