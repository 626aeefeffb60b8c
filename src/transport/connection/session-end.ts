import { type ConnectionEnvironment } from './connection-environment.js';
import { DEVICE_DISCONNECTED, type DeviceDisconnected } from '../patterns.js';
import { type TeltonikaContext } from '../teltonika.context.js';
import { type DisconnectReason } from '../transport-counters.js';

/** Resolves when everybody knows that the connection of an accepted device is gone. */
export async function giveSessionBack(
  { ask }: ConnectionEnvironment,
  context: TeltonikaContext,
  reason: DisconnectReason,
): Promise<void> {
  const { imei, epoch } = context;
  try {
    await ask<unknown>(DEVICE_DISCONNECTED, { imei, epoch, reason } satisfies DeviceDisconnected, context);
  } catch {
    // The handler has logged its reason; a session that is not given back is freed with its instance at the latest.
  }
}
