import { readFileSync } from 'node:fs';
import { type SinkSettings } from '../sinks.settings.js';
import { type EngineName } from './engine-packages.js';
import { type EngineCredentials } from './engine-options.js';

/** Reads what authenticates the gateway to an engine. `problems` names the variables that are wrong, never a value. */
export function readCredentials(
  engine: EngineName,
  settings: SinkSettings,
): { readonly credentials: EngineCredentials; readonly problems: readonly string[] } {
  const problems: string[] = [];
  const prefix = `SINK_${engine.toUpperCase() as Uppercase<EngineName>}` as const;
  const file = (variable: keyof SinkSettings): Buffer | undefined => {
    const path = settings[variable];
    try {
      return path === undefined ? undefined : readFileSync(String(path));
    } catch (error) {
      problems.push(`${variable} cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown error'}`);
      return undefined;
    }
  };
  const value = settings[`${prefix}_PASSWORD`];
  const fromFile = file(`${prefix}_PASSWORD_FILE`)?.toString('utf8').trim();
  if (value !== undefined && fromFile !== undefined) {
    problems.push(`${prefix}_PASSWORD and ${prefix}_PASSWORD_FILE must not both be set`);
  }
  const credentials: EngineCredentials = {
    ...given('username', settings[`${prefix}_USERNAME`]),
    ...given('password', value ?? fromFile),
    ...given('natsCredentials', engine === 'nats' ? file('SINK_NATS_CREDENTIALS_FILE') : undefined),
    tls: {
      ...given('ca', file('SINK_TLS_CA_FILE')?.toString('utf8')),
      ...given('cert', file('SINK_TLS_CERT_FILE')?.toString('utf8')),
      ...given('key', file('SINK_TLS_KEY_FILE')?.toString('utf8')),
    },
  };
  if ((credentials.tls.cert === undefined) !== (credentials.tls.key === undefined)) {
    problems.push('SINK_TLS_CERT_FILE and SINK_TLS_KEY_FILE must be set together');
  }
  return { credentials, problems };
}

function given<Name extends string, T>(name: Name, value: T | undefined): { readonly [key in Name]?: T } {
  return (value === undefined ? {} : { [name]: value }) as { readonly [key in Name]?: T };
}
