import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../../support/free-port.js';
import { EngineServer } from './engine-server.js';
import { installed } from './installed.js';

const run = promisify(execFile);
/** Any 16 bytes, as Kafka writes them. */
const CLUSTER_ID = 'aW90LWJyb2tlci10ZXN0cw';
/** A small broker that starts soon: one compiler, no thread of the collector. */
const JVM = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-XX:-UsePerfData'];

/**
 * Kafka in KRaft mode: one process is broker and controller.
 *
 * @param properties Further properties of the broker, or other values for these.
 */
export async function startKafka(properties: Record<string, string> = {}): Promise<EngineServer> {
  const [port, controllerPort] = [await freePort(), await freePort()];
  return EngineServer.start('kafka', port, async (folder) => {
    const file = join(folder, 'server.properties');
    await writeFile(file, text({ ...broker(port, controllerPort, folder), ...properties }));
    const java = [...JVM, '-cp', join(installed('kafka'), '*')];
    await run('java', [...java, 'kafka.tools.StorageTool', 'format', '--cluster-id', CLUSTER_ID, '--config', file]);
    return { program: 'java', args: [...java, 'kafka.Kafka', file], ready: /Kafka Server started/ };
  });
}

function broker(port: number, controllerPort: number, folder: string): Record<string, string> {
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'log.dirs': join(folder, 'data'),
    'num.partitions': '3',
    // After a kill -9 the controller accepts the broker again when its session is over.
    'broker.session.timeout.ms': '3000',
    'broker.heartbeat.interval.ms': '500',
    // Topics of its own that a single broker can have.
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.num.partitions': '1',
    'transaction.state.log.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
  };
}

function text(properties: Record<string, string>): string {
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}
