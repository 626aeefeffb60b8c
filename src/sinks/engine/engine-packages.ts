import { StartError } from '../../platform/errors/errors.js';

/** npm packages of the engines' clients, with the versions that the gateway is tested with. None of them is installed with the gateway. */
export const ENGINE_PACKAGES = {
  nats: ['@nats-io/transport-node@3.3', '@nats-io/jetstream@3.3'],
  mqtt: ['mqtt@5'],
  kafka: ['@platformatic/kafka@1'],
} as const;

export type EngineName = keyof typeof ENGINE_PACKAGES;

export const ENGINE_NAMES = Object.keys(ENGINE_PACKAGES) as EngineName[];

/** A sink is configured whose client is not installed. */
export class EnginePackageMissingError extends StartError {
  override readonly name = 'EnginePackageMissingError';

  constructor(engine: EngineName) {
    super(
      `SINKS has a sink of ${engine}, whose client is not installed. Install it: npm install ${ENGINE_PACKAGES[engine].join(' ')}`,
    );
  }
}

/** Runs the dynamic imports of an engine's client. Throws EnginePackageMissingError. */
export async function loadClient<T>(engine: EngineName, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') {
      throw new EnginePackageMissingError(engine);
    }
    throw error;
  }
}
