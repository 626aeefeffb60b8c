import { type Fleet } from './fleet.js';
import { latencyText } from './progress-line.js';

const MAX_LISTED = 20;
const LABEL_WIDTH = 13;
const LOOPBACK = '127.0.0.1';

/** The server that the fleet connects to. */
interface ServerAddress {
  readonly host?: string | undefined;
  readonly port: number;
}

/** The first lines of a run: which devices there are, and how to see one of them. */
export function introduction(fleet: Fleet, { host = LOOPBACK, port }: ServerAddress): string {
  const [first] = fleet.devices;
  const devices = fleet.devices.length === 1 ? 'One device connects' : `${fleet.devices.length} devices connect`;
  return [
    `${devices} to ${host}:${port}; the first has IMEI ${first!.imei}. Its newest record:`,
    `  curl -H "x-api-key: $(cat .data/api-key)" "http://localhost:8091/api/v1/devices/${first!.imei}/telemetry/latest?view=scaled"`,
  ].join('\n');
}

/** Returns a hint when no device has logged in because no server listens, else null. */
export function unreachableHint(fleet: Fleet, { host = LOOPBACK, port }: ServerAddress): string | null {
  const { logins, connectionErrors } = fleet.counters;
  return logins === 0 && connectionErrors.has('ECONNREFUSED')
    ? `No server listens on ${host}:${port}. Start the gateway with "npm start", or set its address with --host and --port.`
    : null;
}

/** The summary that is printed at the end of a run. */
export function summaryText(fleet: Fleet, elapsedMs: number): string {
  const { counters } = fleet;
  const seconds = Math.max(elapsedMs / 1000, 0.001);
  const lines = [
    line('time', `${seconds.toFixed(1)} s, ${fleet.devices.length} ${fleet.devices.length === 1 ? 'device' : 'devices'}`),
    line('records', balanceText(fleet)),
    line('frames', `sent ${counters.framesSent}, acknowledged ${counters.framesAcknowledged}, resends ${counters.resends}`),
    line(
      'rate',
      `${rate(counters.recordsAcknowledged, seconds)} records/s, ${rate(counters.framesAcknowledged, seconds)} frames/s`,
    ),
    line('ack time', latencyText(counters.acknowledgementMs)),
    line('ack errors', acknowledgementErrors(fleet)),
    line('connections', `logins ${counters.logins}, refused ${counters.refusedLogins}, reconnects ${counters.reconnects}`),
    ...list('errors', counters.connectionErrors),
    line('commands', commandsText(fleet)),
    ...list('executed', counters.executedByText),
    ...list('faults', counters.faults),
  ];
  return lines.join('\n');
}

/** The numbers have different sources: created and acknowledged are counters, waiting is what the devices hold now. */
function balanceText(fleet: Fleet): string {
  const { recordsCreated, recordsAcknowledged, recordsDropped } = fleet.counters;
  const verdict = fleet.isBalanced ? 'balanced' : 'NOT BALANCED';
  return (
    `created ${recordsCreated} = acknowledged ${recordsAcknowledged} + waiting ${fleet.waitingRecords} + dropped ${recordsDropped}` +
    ` (${verdict})`
  );
}

function acknowledgementErrors(fleet: Fleet): string {
  const { missingAcknowledgements, wrongCounts, unexpectedAcknowledgements, badCrcAcknowledged, badMessages } = fleet.counters;
  return (
    `missing ${missingAcknowledgements}, wrong count ${wrongCounts}, unexpected ${unexpectedAcknowledgements}, ` +
    `for a wrong CRC ${badCrcAcknowledged}, invalid messages ${badMessages}`
  );
}

function commandsText(fleet: Fleet): string {
  const { commandsExecuted, commandsAnswered, commandsRefused, commandsDiscarded } = fleet.counters;
  return `executed ${commandsExecuted}, answered ${commandsAnswered}, for another IMEI ${commandsRefused}, discarded ${commandsDiscarded}`;
}

/** The most frequent first. The texts come from the server and are quoted, so that they can't control the terminal. */
function list(label: string, counts: ReadonlyMap<string, number>): string[] {
  const sorted = [...counts].sort((a, b) => b[1] - a[1]);
  const shown = sorted.slice(0, MAX_LISTED).map(([text, count]) => line(label, `${count} x ${JSON.stringify(text)}`));
  return sorted.length > MAX_LISTED ? [...shown, line(label, `and ${sorted.length - MAX_LISTED} more`)] : shown;
}

function rate(count: number, seconds: number): number {
  return Math.round(count / seconds);
}

function line(label: string, text: string): string {
  return `${label.padEnd(LABEL_WIDTH)}${text}`;
}
