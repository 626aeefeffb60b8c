import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { CommandFixture } from '../support/command-fixture.js';
import { codec12Frame } from '../support/frames.js';
import { startGatewayProcess } from '../support/gateway-process.js';
import { NodeProcess } from '../support/node-process.js';
import { writeTestCertificate } from '../support/test-certificate.js';
import { waitFor } from '../support/wait-for.js';
import { type EngineServer } from './support/engine-server.js';
import { startMosquitto } from './support/mosquitto.js';
import { isConnected, mqttMetric } from './support/mqtt-gateway.js';
import { MqttHost } from './support/mqtt-host.js';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TYPE_REPLY = 6;
const TEXT = 'getver';
const PASSWORDS = { gateway: 'a password of the gateway', dispatcher: 'a-password-of-the-dispatcher', workshop: 'workshop' };
const PATIENCE = { timeoutMs: 60_000 };
/** The one that the ACL of the guide lets the workshop command. */
const IMEI_OF_WORKSHOP = '350612345678901';

let folder: string;
let broker: EngineServer;
let certificateFile: string;
let passwordFile: string;
let fixture: CommandFixture;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iot-broker-mqtt-access-'));
  const certificate = await writeTestCertificate(folder, 'localhost');
  certificateFile = certificate.certificateFile;
  const [passwords, acl] = [join(folder, 'passwords'), join(folder, 'acl')];
  await writeFile(passwords, '');
  for (const [user, password] of Object.entries(PASSWORDS)) {
    await run('mosquitto_passwd', ['-b', passwords, user, password]);
  }
  await writeFile(acl, await blockOfGuide('user gateway'));
  const settings = (await blockOfGuide('password_file'))
    .replace(/^listener.*$/m, '')
    .replace(/^(persistence|autosave|max_queued).*$/gm, '')
    .replace('/etc/mosquitto/passwords', passwords)
    .replace('/etc/mosquitto/acl', acl);
  broker = await startMosquitto([`certfile ${certificateFile}`, `keyfile ${certificate.keyFile}`, settings]);
  passwordFile = join(folder, 'password-of-gateway');
  await writeFile(passwordFile, 'wrong\n');
  fixture = await CommandFixture.start(350_643_000_000_000, {
    MQTT_COMMANDS: 'true',
    MQTT_COMMANDS_URL: `mqtts://localhost:${broker.port}`,
    MQTT_COMMANDS_USERNAME: 'gateway',
    MQTT_COMMANDS_PASSWORD_FILE: passwordFile,
    MQTT_COMMANDS_TLS_CA_FILE: certificateFile,
  });
});

afterAll(async () => {
  await fixture.stop();
  await broker.stop();
  await rm(folder, { recursive: true });
});

/** A block of the guide that contains a text. */
async function blockOfGuide(text: string): Promise<string> {
  const guide = await readFile(join(ROOT, 'docs/guides/mqtt-commands.md'), 'utf8');
  const blocks = [...guide.matchAll(/^```\w+\n(.*?)^```$/gms)].map(([, block = '']) => block);
  const found = blocks.filter((block) => block.includes(text));
  expect(found).toHaveLength(1);
  return found[0]!;
}

function options(user: keyof typeof PASSWORDS): IClientOptions {
  return {
    protocol: 'mqtts',
    host: 'localhost',
    port: broker.port,
    protocolVersion: 5,
    username: user,
    password: PASSWORDS[user],
    rejectUnauthorized: false,
  };
}

function hostOf(user: keyof typeof PASSWORDS): Promise<MqttHost> {
  return MqttHost.connect(broker.port, { ...options(user), clientId: `${user}/${randomUUID()}` }, `reply/${user}`);
}

/** Publishes a command that waits for its device, and returns the device. */
async function queueCommand(client: MqttClient, responseTopic: string): Promise<string> {
  const imei = fixture.newImei();
  await client.publishAsync(`iot/${imei}/command`, JSON.stringify({ command: TEXT, mode: 'queue' }), {
    qos: 1,
    properties: { responseTopic, userProperties: { 'message-id': randomUUID() } },
  });
  return imei;
}

async function stored(imeis: readonly string[]): Promise<unknown[]> {
  return fixture.database.query('select imei, status from tbl_iot_command_logs where imei = any($1)', [imeis]);
}

async function metric(name: string): Promise<number> {
  return (await mqttMetric(fixture.gateway, name)) ?? NaN;
}

describe('a broker with TLS, passwords and the ACL of the guide', () => {
  it('is connected when the password in the file is right, which is read at each connection', async () => {
    await waitFor(async () => (await mqttMetric(fixture.gateway, 'connection_failures_total'))! > 0, PATIENCE);
    expect(await isConnected(fixture.gateway)).toBe(false);
    await writeFile(passwordFile, `${PASSWORDS.gateway}\n`);
    await waitFor(() => isConnected(fixture.gateway), PATIENCE);
    expect(fixture.gateway.process.lines.join('\n')).not.toContain(PASSWORDS.gateway);
  });

  it('authorises commands by its ACL', async () => {
    const { imei, device } = await fixture.newDevice();
    const [dispatcher, workshop] = [await hostOf('dispatcher'), await hostOf('workshop')];
    expect(await dispatcher.ask(imei, { command: TEXT })).toMatchObject({ status: 200 });
    expect(await device.command()).toBe(TEXT);
    await expect(workshop.send(imei, { command: TEXT })).rejects.toThrow('Not authorized');
    expect(await workshop.ask(IMEI_OF_WORKSHOP, { command: TEXT })).toMatchObject({ status: 404 });
    await Promise.all([dispatcher.close(), workshop.close()]);
    device.close();
  });

  it('keeps answers from topics that the gateway may not write to, and the command is stored', async () => {
    const client = await connectAsync(options('dispatcher'));
    const imei = await queueCommand(client, `iot/${IMEI_OF_WORKSHOP}/command`);
    await waitFor(async () => (await mqttMetric(fixture.gateway, 'answers_lost_total'))! > 0, PATIENCE);
    // Mosquitto ends the connection, and sends the message again at the next one.
    const next = await hostOf('dispatcher');
    expect(await next.ask(fixture.newImei(), { command: TEXT, mode: 'queue' })).toMatchObject({ status: 202 });
    await next.close();
    expect(await stored([imei, IMEI_OF_WORKSHOP])).toEqual([{ imei, status: 'PENDING' }]);
    await client.endAsync();
  });

  it('has one answer refused on a topic that the gateway may not write to, and gets no further ones', async () => {
    const topic = 'refused/x';
    const [client, host] = [await connectAsync(options('dispatcher')), await hostOf('dispatcher')];
    const refused = await metric('topics_refused_total');
    await queueCommand(client, topic);
    await waitFor(async () => (await metric('topics_refused_total')) > refused, PATIENCE);
    // It is answered on the connection that follows the refusal.
    expect(await host.ask(fixture.newImei(), { command: TEXT, mode: 'queue' })).toMatchObject({ status: 202 });
    const [failures, withheld] = [await metric('connection_failures_total'), await metric('answers_withheld_total')];
    const imeis = await Promise.all(Array.from({ length: 5 }, () => queueCommand(client, topic)));
    await waitFor(async () => (await metric('answers_withheld_total')) >= withheld + imeis.length, PATIENCE);
    expect(await host.ask(fixture.newImei(), { command: TEXT, mode: 'queue' })).toMatchObject({ status: 202 });
    await waitFor(async () => (await stored(imeis)).length === imeis.length, PATIENCE);
    expect(await metric('connection_failures_total')).toBe(failures);
    expect(await metric('topics_refused_total')).toBe(refused + 1);
    await Promise.all([client.endAsync(), host.close()]);
  });

  it('gets no answers on what is not a valid topic, and the commands are stored', async () => {
    const [client, host] = [await connectAsync(options('dispatcher')), await hostOf('dispatcher')];
    const [failures, withheld] = [await metric('connection_failures_total'), await metric('answers_withheld_total')];
    const topics = ['reply/#', 'reply/+/x', '', `reply${'/'.repeat(300)}`];
    const imeis = await Promise.all(topics.map((topic) => queueCommand(client, topic)));
    await waitFor(async () => (await metric('answers_withheld_total')) === withheld + imeis.length, PATIENCE);
    expect(await host.ask(fixture.newImei(), { command: TEXT, mode: 'queue' })).toMatchObject({ status: 202 });
    await waitFor(async () => (await stored(imeis)).length === imeis.length, PATIENCE);
    expect(await metric('connection_failures_total')).toBe(failures);
    await Promise.all([client.endAsync(), host.close()]);
  });

  it('serves the program of the guide', async () => {
    const { imei, device } = await fixture.newDevice();
    const program = new NodeProcess({
      args: ['--input-type=module', '--eval', await blockOfGuide('connectAsync')],
      cwd: ROOT,
      env: {
        MQTT_URL: `mqtts://dispatcher:${PASSWORDS.dispatcher}@localhost:${broker.port}`,
        NODE_EXTRA_CA_CERTS: certificateFile,
        IMEI: imei,
      },
    });
    await program.waitForLine(/^job-123 200 .*"status":"PENDING"/);
    expect(await device.command()).toBe(TEXT);
    device.send(codec12Frame(TYPE_REPLY, `Ver:02.00.01_06 GPS:AXN_3.80 Hw:TFT100 Mod:1 IMEI:${imei} Init: 2026-1-1 5:54`));
    await program.waitForLine(/^job-123 200 .*"status":"COMPLETED"/);
    await program.kill();
    device.close();
  });
});

describe('a start with MQTT_COMMANDS', () => {
  async function startFails(env: Record<string, string>): Promise<string> {
    const gateway = startGatewayProcess({
      cwd: folder,
      env: {
        DATABASE_URL: fixture.database.url,
        IOT_API_KEY: 'a key for tests',
        API_PORT: '0',
        BROKER_PORT: '0',
        MQTT_COMMANDS: 'true',
        ...env,
      },
    });
    expect((await gateway.exit).code).toBe(1);
    return gateway.lines.join('\n');
  }

  it('ends with what is wrong in the settings', async () => {
    expect(await startFails({})).toContain('MQTT_COMMANDS_URL must be set when MQTT_COMMANDS is true');
    const [url, secret] = ['mqtt://127.0.0.1', 'not-to-be-shown'];
    const output = await startFails({
      MQTT_COMMANDS_URL: url,
      MQTT_COMMANDS_PASSWORD: secret,
      MQTT_COMMANDS_PASSWORD_FILE: passwordFile,
      MQTT_COMMANDS_TLS_CA_FILE: join(folder, 'missing'),
      MQTT_COMMANDS_TLS_KEY_FILE: certificateFile,
    });
    expect(output).toContain('MQTT_COMMANDS_PASSWORD and MQTT_COMMANDS_PASSWORD_FILE must not both be set');
    expect(output).toContain("MQTT_COMMANDS_TLS_CA_FILE can't be read: ENOENT");
    expect(output).toContain('MQTT_COMMANDS_TLS_CERT_FILE and MQTT_COMMANDS_TLS_KEY_FILE must be set together');
    expect(output).not.toContain(secret);
    expect(await startFails({ MQTT_COMMANDS_URL: 'http://127.0.0.1' })).toContain(
      'MQTT_COMMANDS_URL must be like mqtt://host:1883',
    );
    expect(await startFails({ MQTT_COMMANDS_URL: url, MQTT_COMMANDS_TOPIC: 'iot/command' })).toContain(
      'MQTT_COMMANDS_TOPIC must have {imei}',
    );
  });

  it('ends with the command that installs the client, when it is not installed', async () => {
    const hook = join(folder, 'without-mqtt.mjs');
    await writeFile(
      hook,
      `import { register } from 'node:module';
       const missing = "Object.assign(new Error('Cannot find package mqtt'), { code: 'ERR_MODULE_NOT_FOUND' })";
       const resolve = \`export async function resolve(name, context, next) { if (name === 'mqtt') { throw \${missing}; } return next(name, context); }\`;
       register('data:text/javascript,' + encodeURIComponent(resolve));`,
    );
    const output = await startFails({ MQTT_COMMANDS_URL: 'mqtt://127.0.0.1', NODE_OPTIONS: `--import=${hook}` });
    expect(output).toContain(
      'MQTT_COMMANDS needs packages that are not installed with the gateway. Install them: npm install mqtt@5',
    );
  });
});
