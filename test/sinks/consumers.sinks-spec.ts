import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transform } from '@swc/core';
import { ChildProgram } from '../support/child-program.js';
import { waitFor } from '../support/wait-for.js';
import { IMEIS, SinkFixture } from './sink-fixture.js';
import { TEST_ENGINES } from './test-engines.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const GUIDE = readFileSync(join(ROOT, 'docs/guides/sinks.md'), 'utf8');
const HEADINGS = { nats: '### NATS JetStream', mqtt: '### MQTT', kafka: '### Kafka' };
const EVENTS = 5;

/** The program in this language below the heading of an engine. */
function programOf(engine: keyof typeof HEADINGS, language: 'ts' | 'python'): string {
  const [, section = ''] = GUIDE.split(`${HEADINGS[engine]}\n`);
  const program = new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 's').exec(section)?.[1];
  if (program === undefined) {
    throw new Error(`docs/guides/sinks.md has no ${language} for ${engine}`);
  }
  return program;
}

/** Python with the clients, as `.ci/install-sinks` has installed it. */
function python(): string {
  const hash = createHash('sha256')
    .update(readFileSync(join(ROOT, '.ci/sinks/requirements.txt')))
    .digest('hex')
    .slice(0, 16);
  const program = join(homedir(), '.cache/iot-broker-tools', `sinks-python-${hash}`, 'bin/python');
  if (!existsSync(program)) {
    throw new Error(`${program} is missing: run "bash .ci/install-sinks" first`);
  }
  return program;
}

describe.each(TEST_ENGINES)('the consumers in docs/guides/sinks.md for $name', ({ name, ...engine }) => {
  // Beside the packages that it imports.
  const script = join(ROOT, 'node_modules', `.consumer-of-${name}.mjs`);
  let fixture: SinkFixture;
  let consumers: ChildProgram[] = [];

  beforeEach(async () => {
    fixture = await SinkFixture.create({ name, ...engine });
  });

  afterEach(async () => {
    await Promise.all(consumers.map((consumer) => consumer.kill('SIGKILL')));
    consumers = [];
    await rm(script, { force: true });
    await fixture.stop();
  });

  it('print the events in their order', async () => {
    const { code } = await transform(programOf(name, 'ts'), { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } });
    await writeFile(script, code);
    const at = `127.0.0.1:${fixture.server.port}`;
    const env = { NATS_URL: `nats://${at}`, MQTT_URL: `mqtt://${at}`, KAFKA_BROKER: at };
    consumers = [
      new ChildProgram({ program: process.execPath, args: [script], env }),
      new ChildProgram({ program: python(), args: ['-c', programOf(name, 'python')], env }),
    ];
    await fixture.startGateway();
    const printed = (consumer: ChildProgram): string[] => consumer.lines.filter((line) => line.startsWith('evt_'));
    // A subscriber of MQTT gets what is published after it has subscribed.
    await waitFor(
      async () => {
        await fixture.writer.append(IMEIS[0]!);
        return consumers.every((consumer) => printed(consumer).length >= EVENTS);
      },
      { timeoutMs: 60_000, what: `${EVENTS} events of each consumer` },
    ).catch((error: unknown) => {
      throw new Error(consumers.map(({ lines }) => lines.slice(0, 20).join('\n')).join('\n--\n'), { cause: error });
    });
    const { body } = await fixture.gateways[0]!.get<{ events: { eventId: string; type: string }[] }>('events?limit=1000');
    const lines = body.events.map(({ eventId, type }) => `${eventId} ${type} ${IMEIS[0]!}`);
    for (const consumer of consumers) {
      const found = printed(consumer);
      const first = lines.indexOf(found[0]!);
      expect(first).toBeGreaterThanOrEqual(0);
      expect(found).toEqual(lines.slice(first, first + found.length));
    }
  });
});
