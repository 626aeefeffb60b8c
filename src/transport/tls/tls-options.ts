import { type TlsFiles } from './tls-credentials.js';

export interface TlsOptions extends TlsFiles {
  /** 0 lets the system choose; `TeltonikaServer.tlsPort` tells which. */
  readonly port: number;
  /** How often the files are looked at. */
  readonly reloadMs: number;
}
