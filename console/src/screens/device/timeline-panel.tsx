import { useMemo } from 'preact/hooks';
import { signal } from '@preact/signals';
import { type Command, type DeviceLogEntry, type Diagnosis } from '../../../../client/src/index.js';
import { type Query } from '../../api/use-query.js';
import { Link } from '../../app/link.js';
import { type StreamEvent, useEvents } from '../../app/stream.js';
import { Panel } from '../../ui/panel.js';
import { EmptyState, Loading } from '../../ui/states.js';
import { Timeline, type TimelineEntry } from '../../ui/timeline.js';
import { stateOf } from '../commands/command-words.js';

/** Frames that are kept: they arrive without end. */
const MAX_FRAMES = 30;
const MAX_SHOWN = 50;

interface TimelinePanelProps {
  readonly imei: string;
  readonly diagnosis: Query<Diagnosis>;
  readonly commands: readonly Command[];
}

/** Logins, refusals, frames, messages and commands of the device, newest first. */
export function TimelinePanel({ imei, diagnosis, commands }: TimelinePanelProps) {
  const frames = useFrames(imei);
  const state = diagnosis.state.value;
  const log = state.kind === 'ready' ? state.data.log : [];
  const entries = [...log.map(entryOfLog), ...commands.map(entryOfCommand), ...frames]
    .sort((one, other) => Date.parse(other.at ?? '') - Date.parse(one.at ?? ''))
    .slice(0, MAX_SHOWN);
  return (
    <Panel title="Timeline" call={diagnosis.call}>
      {state.kind === 'loading' && <Loading />}
      {state.kind !== 'loading' && entries.length === 0 && (
        <EmptyState title="Nothing has happened yet">Logins, frames and commands appear here as they happen.</EmptyState>
      )}
      {entries.length > 0 && (
        <div class="timeline-scroll" tabIndex={0} role="group" aria-label="Timeline of the device">
          <Timeline label="Timeline" entries={entries} />
        </div>
      )}
    </Panel>
  );
}

/** What the stream has told since the screen was opened, in a ring. */
function useFrames(imei: string): readonly TimelineEntry[] {
  const frames = useMemo(() => signal<readonly TimelineEntry[]>([]), []);
  useEvents((events) => {
    const added = events.flatMap((event) => (event.data.imei === imei ? entriesOfEvent(event) : []));
    if (added.length > 0) {
      frames.value = [...frames.value, ...added].slice(-MAX_FRAMES);
    }
  });
  return frames.value;
}

function entriesOfEvent({ data }: StreamEvent): TimelineEntry[] {
  switch (data.type) {
    case 'telemetry': {
      const { recordCount, latestGps: gps } = data;
      const where = gps?.fix === true ? `${gps.speed} km/h, ${gps.satellites} satellites` : 'no fix';
      const title = recordCount === 1 ? 'A record' : `${recordCount} records`;
      return [{ id: data.eventId, at: data.lastReceivedAt, title, text: where }];
    }
    case 'device.message':
      return [{ id: data.eventId, at: data.receivedAt, tone: 'info', title: 'A message', text: <code>{data.text}</code> }];
    default: // Logins stand in the log of the device, and commands in their list.
      return [];
  }
}

function entryOfLog({ at, kind, detail }: DeviceLogEntry, index: number): TimelineEntry {
  const { address, reason, cause, count } = detail as { address?: string; reason?: string; cause?: string; count?: number };
  const id = `${kind} ${at} ${index}`;
  switch (kind) {
    case 'login':
      return { id, at, tone: 'good', title: 'Logged in', text: address === undefined ? undefined : `From ${address}` };
    case 'refused':
      return {
        id,
        at,
        tone: 'bad',
        title: 'Login refused',
        text: [cause ?? [], address ?? [], timesOf(count)].flat().join(', '),
      };
    case 'closed':
      return { id, at, title: 'Connection ended', text: reason };
    case 'rejected_frames':
      return { id, at, tone: 'bad', title: 'Frames rejected', text: [cause ?? [], timesOf(count)].flat().join(', ') };
    case 'resent_records':
      return { id, at, tone: 'warning', title: 'Records arrived again', text: timesOf(count).join('') };
  }
}

function timesOf(count: number | undefined): string[] {
  return count === undefined ? [] : [`${count} ${count === 1 ? 'time' : 'times'}`];
}

function entryOfCommand(command: Command): TimelineEntry {
  const [tone, state] = stateOf(command);
  const { commandLogId, action, command: text, createdAt } = command;
  return {
    id: `command ${commandLogId}`,
    at: createdAt,
    tone,
    title: (
      <>
        Command <Link to={`/commands/${commandLogId}`}>{action ?? text}</Link>
      </>
    ),
    text: command.response === null ? state : `${state}: ${command.response}`,
  };
}
