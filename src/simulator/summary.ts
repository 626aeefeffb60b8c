import { type Fleet } from './fleet.js';
import { latencyText } from './progress-line.js';

const MAX_LISTED = 20;
const LABEL_WIDTH = 13;

/** The account of a whole run, as printed at its end. */
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
    line('ack trouble', acknowledgementTrouble(fleet)),
    line('connections', `logins ${counters.logins}, refused ${counters.refusedLogins}, reconnects ${counters.reconnects}`),
    ...list('errors', counters.connectionErrors),
    line('commands', commandsText(fleet)),
    ...list('executed', counters.executedByText),
    ...list('faults', counters.faults),
  ];
  return lines.join('\n');
}

/** Each number comes from another place: written and acknowledged are counted, waiting is what the devices hold now. */
function balanceText(fleet: Fleet): string {
  const { recordsCreated, recordsAcknowledged, recordsDropped } = fleet.counters;
  const verdict = fleet.addsUp ? 'adds up' : 'DOES NOT ADD UP';
  return (
    `created ${recordsCreated} = acknowledged ${recordsAcknowledged} + waiting ${fleet.waitingRecords} + dropped ${recordsDropped}` +
    ` (${verdict})`
  );
}

function acknowledgementTrouble(fleet: Fleet): string {
  const { missingAcknowledgements, wrongCounts, strayAcknowledgements, badCrcAcknowledged, badMessages } = fleet.counters;
  return (
    `missing ${missingAcknowledgements}, wrong count ${wrongCounts}, stray ${strayAcknowledgements}, ` +
    `for a bad CRC ${badCrcAcknowledged}, unreadable messages ${badMessages}`
  );
}

function commandsText(fleet: Fleet): string {
  const { commandsExecuted, commandsAnswered, commandsRefused, commandsDiscarded } = fleet.counters;
  return `executed ${commandsExecuted}, answered ${commandsAnswered}, for another IMEI ${commandsRefused}, discarded ${commandsDiscarded}`;
}

/** The most frequent first. Texts come from outside: quoted, so that none can move the terminal's cursor. */
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
