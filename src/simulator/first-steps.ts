import { type Fleet } from './fleet.js';

const LOOPBACK = '127.0.0.1';

/** Where the fleet connects to. */
interface ServerAddress {
  readonly host?: string | undefined;
  readonly port: number;
}

/** What somebody who starts the simulator for the first time wants to know: which devices there are, and how to see one. */
export function introduction(fleet: Fleet, { host = LOOPBACK, port }: ServerAddress): string {
  const [first] = fleet.devices;
  const others = fleet.devices.length === 1 ? 'One device connects' : `${fleet.devices.length} devices connect`;
  return [
    `${others} to ${host}:${port}; the first has IMEI ${first!.imei}. Its newest record:`,
    `  curl -H "x-api-key: $(cat .data/api-key)" "http://localhost:8091/api/v1/devices/${first!.imei}/telemetry/latest?view=scaled"`,
  ].join('\n');
}

/** Why no device has ever logged in, when the reason is that no server listens; else null. */
export function unreachable(fleet: Fleet, { host = LOOPBACK, port }: ServerAddress): string | null {
  const { logins, connectionErrors } = fleet.counters;
  return logins === 0 && connectionErrors.has('ECONNREFUSED')
    ? `Nothing listens on ${host}:${port}. Start the gateway with "npm start", or name its address with --host and --port.`
    : null;
}
