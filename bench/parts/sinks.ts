import { startNats } from '../../test/sinks/support/nats-server.js';
import { NatsReader } from '../../test/sinks/nats-reader.js';
import { TEST_ENGINES } from '../../test/sinks/test-engines.js';
import { atLeast, type Figure } from '../figure.js';
import { type Part } from '../part.js';
import { BACKLOG, measureEngine, measureIngest } from '../sinks.js';
import { number } from '../table.js';
import { type Workplace } from '../workplace.js';

/** Needs the servers that `bash .ci/install-sinks` installs. */
export const sinksPart: Part = {
  name: 'sinks',
  byDefault: false,
  async measure(workplace) {
    const figures: Figure[] = [];
    for (const engine of TEST_ENGINES) {
      const { gateway, bare } = await workplace.withPostgres((url) => measureEngine(engine, url, workplace.folder));
      const name = `sink of ${engine.name}, a backlog of ${number(BACKLOG)}`;
      const limit = (value: number) => ({ limit: { name: 'client alone', value } });
      figures.push(
        {
          name: `${name}, published`,
          value: gateway.perSecond,
          unit: 'events/s',
          ...limit(bare.perSecond),
          goal: atLeast(0.5, 'ratio'),
        },
        { name: `${name}, gateway CPU`, value: gateway.cpu, unit: 'us/event', ...limit(bare.cpu) },
        { name: `${name}, CPU of PostgreSQL`, value: gateway.databaseCpu, unit: 'us/event' },
      );
    }
    return [...figures, ...(await measureRecords(workplace))];
  },
};

/** Ingest at full speed with a sink of all records, which publishes beside it, and without a sink. */
async function measureRecords(workplace: Workplace): Promise<Figure[]> {
  const alone = await workplace.withPostgres((url) => measureIngest(url, workplace.folder, {}));
  const server = await startNats();
  try {
    await (await NatsReader.create(server.port)).close();
    const environment = { SINKS: `nats://127.0.0.1:${server.port}?stream=IOT`, SINK_TELEMETRY: 'records' };
    const beside = await workplace.withPostgres((url) => measureIngest(url, workplace.folder, environment));
    const name = 'ingest beside a sink of all records (nats)';
    const limit = (value: number) => ({ limit: { name: 'ingest alone', value } });
    return [
      { name, value: beside.recordsPerSecond, unit: 'records/s', ...limit(alone.recordsPerSecond), goal: atLeast(0.8, 'ratio') },
      { name: `${name}, published meanwhile`, value: beside.publishedPerSecond, unit: 'records/s' },
      { name: `${name}, gateway CPU`, value: beside.gatewayCpu, unit: 'us/record', ...limit(alone.gatewayCpu) },
      { name: `${name}, CPU of PostgreSQL`, value: beside.postgresCpu, unit: 'us/record', ...limit(alone.postgresCpu) },
    ];
  } finally {
    await server.stop();
  }
}
