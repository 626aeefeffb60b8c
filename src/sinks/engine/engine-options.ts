import { type Host, type SinkOptions } from '../sink-options.js';

/** Certificates, PEM. */
export interface TlsFiles {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** What authenticates the gateway to an engine. */
export interface EngineCredentials {
  readonly username?: string;
  readonly password?: string;
  /** The content of a credentials file of NATS (a JWT and its key). */
  readonly natsCredentials?: Uint8Array;
  readonly tls: TlsFiles;
}

export interface EngineOptions {
  readonly sink: SinkOptions;
  readonly credentials: EngineCredentials;
  /** For a connection, and for an acknowledgement. */
  readonly timeoutMs: number;
  /** The subject or topic of a message. */
  readonly topicOf: (imei: string, type: string) => string;
}

export function hostAndPort({ host, port }: Host): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Fills `{imei}` and `{type}` into a template. */
export function topicFrom(template: string): (imei: string, type: string) => string {
  const parts = template.split(/(\{imei\}|\{type\})/);
  return (imei, type) => {
    const values = new Map([
      ['{imei}', imei],
      ['{type}', type],
    ]);
    return parts.map((part) => values.get(part) ?? part).join('');
  };
}
