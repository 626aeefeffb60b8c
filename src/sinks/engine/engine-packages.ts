import { loadOptional } from '../../platform/config/optional-package.js';

/** npm packages of the engines' clients, with the versions that the gateway is tested with. None of them is installed with the gateway. */
export const ENGINE_PACKAGES = {
  nats: ['@nats-io/transport-node@3.3', '@nats-io/jetstream@3.3'],
  mqtt: ['mqtt@5'],
  kafka: ['@platformatic/kafka@1'],
} as const;

export type EngineName = keyof typeof ENGINE_PACKAGES;

export const ENGINE_NAMES = Object.keys(ENGINE_PACKAGES) as EngineName[];

/** Runs the dynamic imports of an engine's client. Throws PackageMissingError. */
export function loadClient<T>(engine: EngineName, load: () => Promise<T>): Promise<T> {
  return loadOptional({ variable: `SINKS (${engine})`, packages: ENGINE_PACKAGES[engine] }, load);
}
