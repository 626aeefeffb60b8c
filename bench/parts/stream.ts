import { atLeast, atMost } from '../figure.js';
import { type Part } from '../part.js';
import { EVENTS_PER_SECOND, measureDelay, measureIngest, STREAMS } from '../stream.js';
import { number } from '../table.js';
import { requireSockets } from '../workplace.js';

/** Devices, streams and what the processes need besides. */
const MAX_SOCKETS = 3 * STREAMS;

export const streamPart: Part = {
  name: 'stream',
  byDefault: true,
  async measure(workplace) {
    requireSockets(MAX_SOCKETS);
    const { folder } = workplace;
    const settings = { track_commit_timestamp: 'on' };
    const delays = await workplace.withPostgres((url) => measureDelay(url, folder), settings);
    const withoutStreams = await workplace.withPostgres((url) => measureIngest(url, folder, 0), settings);
    const withStreams = await workplace.withPostgres((url) => measureIngest(url, folder, STREAMS), settings);
    const name = `stream, ${number(STREAMS)} streams of one device each, ${EVENTS_PER_SECOND} events/s`;
    return [
      { name: `${name}, commit to client p50`, value: delays.commitToClientP50Ms, unit: 'ms', goal: atMost(30) },
      { name: `${name}, commit to client p99`, value: delays.commitToClientP99Ms, unit: 'ms', goal: atMost(150) },
      { name: `${name}, gateway resident`, value: delays.residentMegabytes, unit: 'MB', goal: atMost(300) },
      { name: `${name}, gateway CPU with the ingest`, value: delays.gatewayCpu, unit: 'us/event' },
      {
        name: `ingest at full speed beside ${number(STREAMS)} streams`,
        value: withStreams,
        unit: 'records/s',
        limit: { name: 'events recorded, no stream', value: withoutStreams },
        goal: atLeast(0.9, 'ratio'),
      },
    ];
  },
};
