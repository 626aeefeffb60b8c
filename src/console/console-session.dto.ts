import { IsString, MaxLength } from 'class-validator';
import { type Scope } from '../access/scope.js';

/** Longer than any key that an operator would paste. */
const MAX_KEY_CHARACTERS = 1_000;

export class SignInDto {
  @IsString()
  @MaxLength(MAX_KEY_CHARACTERS)
  readonly key!: string;
}

/** Who is signed in, and what the console has to know of this gateway. */
export interface ConsoleSessionDto {
  readonly success: true;
  readonly key: { readonly keyId: string | null; readonly name: string; readonly scopes: readonly Scope[] };
  readonly expiresAt: Date;
  /** To be sent as x-csrf-token with every change. */
  readonly csrfToken: string;
  readonly gateway: {
    readonly version: string;
    readonly instance: string;
    readonly environment: string;
    /** Ports that devices connect to; null: not open. */
    readonly devicePorts: { readonly tcp: number | null; readonly tls: number | null; readonly udp: number | null };
  };
  readonly features: {
    /** Development only: simulated devices may be offered. */
    readonly simulator: boolean;
    /** Whether CONSOLE_MAP_FILE is set. */
    readonly mapFile: boolean;
    readonly mapStyleUrl: string | null;
  };
}
