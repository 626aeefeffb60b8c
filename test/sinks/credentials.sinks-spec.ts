import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../support/free-port.js';
import { writeTestCertificate } from '../support/test-certificate.js';
import { waitFor } from '../support/wait-for.js';
import { type EngineReader } from './engine-reader.js';
import { KafkaReader } from './kafka-reader.js';
import { MqttReader } from './mqtt-reader.js';
import { NatsReader } from './nats-reader.js';
import { IMEIS, SinkFixture } from './sink-fixture.js';
import { type EngineServer } from './support/engine-server.js';
import { startKafka } from './support/kafka.js';
import { startMosquitto } from './support/mosquitto.js';
import { startNats } from './support/nats-server.js';
import { type TestEngine } from './test-engines.js';

const run = promisify(execFile);
const USER = 'gateway';
const PASSWORD = 'a password of the gateway';

let folder: string;
let ca: string;
let certificate: { readonly certificateFile: string; readonly keyFile: string };
let fixture: SinkFixture | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iot-broker-credentials-'));
  certificate = await writeTestCertificate(folder, 'localhost');
  ca = await readFile(certificate.certificateFile, 'utf8');
});

afterEach(async () => {
  await fixture?.stop();
  fixture = undefined;
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function startSecureNats(): Promise<EngineServer> {
  const { certificateFile, keyFile } = certificate;
  return startNats(['--tls', '--tlscert', certificateFile, '--tlskey', keyFile, '--user', USER, '--pass', PASSWORD]);
}

async function startSecureMosquitto(): Promise<EngineServer> {
  const passwords = join(folder, 'passwords');
  await writeFile(passwords, '');
  await run('mosquitto_passwd', ['-b', passwords, USER, PASSWORD]);
  const { certificateFile, keyFile } = certificate;
  return startMosquitto([
    `certfile ${certificateFile}`,
    `keyfile ${keyFile}`,
    'allow_anonymous false',
    `password_file ${passwords}`,
  ]);
}

let securePort = 0;

/** Its second listener requires TLS and SASL; the reader uses the first one. */
async function startSecureKafka(): Promise<EngineServer> {
  const [plain, controller] = [await freePort(), await freePort()];
  securePort = await freePort();
  const keys = join(folder, 'kafka.pem');
  await writeFile(keys, `${await readFile(certificate.keyFile, 'utf8')}\n${ca}`);
  const login = `org.apache.kafka.common.security.plain.PlainLoginModule required user_${USER}="${PASSWORD}";`;
  const server = await startKafka({
    listeners: `PLAINTEXT://127.0.0.1:${plain},CONTROLLER://127.0.0.1:${controller},SASL_SSL://127.0.0.1:${securePort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${plain},SASL_SSL://localhost:${securePort}`,
    'controller.quorum.voters': `1@127.0.0.1:${controller}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL',
    'sasl.enabled.mechanisms': 'PLAIN',
    'listener.name.sasl_ssl.plain.sasl.jaas.config': login,
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': keys,
  });
  readers.kafka = () => KafkaReader.create(plain);
  return server;
}

const readers: Record<TestEngine['name'], (server: EngineServer) => Promise<EngineReader>> = {
  nats: ({ port }) => NatsReader.create(port, { servers: `localhost:${port}`, user: USER, pass: PASSWORD, tls: { ca } }),
  mqtt: ({ port }) => MqttReader.create(port, { protocol: 'mqtts', host: 'localhost', username: USER, password: PASSWORD, ca }),
  kafka: () => Promise.reject(new Error('it is not started')),
};

it.each([
  { name: 'nats', start: startSecureNats, port: (port: number) => port, query: 'stream=IOT&', refusal: /authorization/i },
  { name: 'mqtt', start: startSecureMosquitto, port: (port: number) => port, query: '', refusal: /not authorized/i },
  // Its client does not report within the timeout that the password was refused.
  { name: 'kafka', start: startSecureKafka, port: () => securePort, query: '', refusal: /auth|no connection/i },
] as const)('publishes to $name over TLS with the password of a file, and not with a wrong one', async (engine) => {
  const { name, start, query } = engine;
  const secured: TestEngine = {
    name,
    start,
    prepare: (server) => readers[name](server),
    url: ({ port }) => `${name}://localhost:${engine.port(port)}?${query}from=oldest&tls=true`,
    kill: (server) => server.kill(),
  };
  fixture = await SinkFixture.create(secured);
  const prefix = `SINK_${name.toUpperCase()}`;
  const file = join(folder, `${name}-password`);
  await writeFile(file, 'wrong\n');
  const env = {
    [`${prefix}_USERNAME`]: USER,
    [`${prefix}_PASSWORD_FILE`]: file,
    SINK_TLS_CA_FILE: certificate.certificateFile,
  };
  for (const imei of [...IMEIS, ...IMEIS]) {
    await fixture.writer.append(imei);
  }
  const refused = await fixture.startGateway(env);
  const { lastError } = await waitFor(
    async () => {
      const sink = await fixture!.sink(refused);
      return sink.state === 'failing' && sink;
    },
    { timeoutMs: 60_000, what: 'the wrong password to be refused' },
  );
  expect(lastError).toMatch(engine.refusal);
  expect(await fixture.reader.read()).toEqual([]);
  await refused.stop();
  await writeFile(file, `${PASSWORD}\n`);
  const accepted = await fixture.startGateway(env);
  await fixture.caughtUp();
  await fixture.expectAllInOrder();
  expect([...refused.process.lines, ...accepted.process.lines].join('\n')).not.toContain(PASSWORD);
});
