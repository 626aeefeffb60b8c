import { type EventType } from '../event-types.js';
import { StreamsByDevice } from './stream-filter.js';

interface Named {
  readonly name: string;
  readonly filter: { readonly imeis: ReadonlySet<string> | null; readonly types: ReadonlySet<EventType> | null };
}

function stream(name: string, imeis: string[] | null, types: EventType[] | null = null): Named {
  return { name, filter: { imeis: imeis && new Set(imeis), types: types && new Set(types) } };
}

const ALL = stream('all', null);
const A = stream('a', ['a']);
const BOTH = stream('both', ['a', 'b']);
const FAILED = stream('failed', null, ['command.failed']);
const B_FAILED = stream('b-failed', ['b'], ['command.failed']);

function recipients(streams: StreamsByDevice<Named>, imei: string, type: EventType = 'telemetry'): string[] {
  const names: string[] = [];
  streams.forEach({ imei, type }, ({ name }) => names.push(name));
  return names.sort();
}

describe('streams by device', () => {
  it('get the events of their devices and types, each once', () => {
    const streams = new StreamsByDevice<Named>();
    [ALL, A, BOTH, FAILED, B_FAILED].forEach((each) => streams.add(each));
    expect(recipients(streams, 'a')).toEqual(['a', 'all', 'both']);
    expect(recipients(streams, 'b')).toEqual(['all', 'both']);
    expect(recipients(streams, 'b', 'command.failed')).toEqual(['all', 'b-failed', 'both', 'failed']);
    expect(recipients(streams, 'c')).toEqual(['all']);
  });

  it('get nothing after they were deleted, also while an event is sent', () => {
    const streams = new StreamsByDevice<Named>();
    [ALL, A, BOTH].forEach((each) => streams.add(each));
    const names: string[] = [];
    streams.forEach({ imei: 'a', type: 'telemetry' }, (each) => {
      names.push(each.name);
      [ALL, A, BOTH].forEach((one) => streams.delete(one));
    });
    expect(names).toEqual(['all']);
    expect(recipients(streams, 'a')).toEqual([]);
  });
});
