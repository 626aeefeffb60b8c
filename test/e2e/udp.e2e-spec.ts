import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bytesOf, vectorNamed } from '../fixtures/official-vectors.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { uint } from '../support/frames.js';
import { API_KEY, Gateway } from '../support/gateway.js';
import { NodeProcess } from '../support/node-process.js';
import { checkLedger } from '../support/simulator-ledger.js';
import { channelPacket, recordsPacket, UdpDevice } from '../support/udp-device.js';
import { waitFor } from '../support/wait-for.js';

const VECTOR = vectorNamed('codec8-udp');
const VECTOR_IMEI = '352093086403655';
const TRACED_IMEI = '356307042440000';
const AGAIN_MS = 1_000;

const SIMULATOR = fileURLToPath(new URL('../../dist/src/simulator/main.js', import.meta.url));

let folder: string;
let database: TestDatabase;
let gateway: Gateway;
let device: UdpDevice;
let serial = 1;

function newImei(): string {
  return String(356_307_042_440_000 + serial++);
}

async function start(env: Record<string, string>): Promise<void> {
  gateway = await Gateway.start(database.url, { BROKER_UDP_PORT: '0', ...env });
  const [, port] = await gateway.process.waitForLine(/Devices send by UDP to port (\d+)/);
  device = await UdpDevice.open(Number(port));
}

async function countOf(imei: string): Promise<number> {
  const [row] = await database.query<{ count: number }>(
    'select count(*)::int as count from tbl_iot_telemetry_data where iot_imei = $1',
    [imei],
  );
  return row!.count;
}

async function udpCounters(): Promise<Record<string, number>> {
  return (await gateway.stats<{ udp: Record<string, number> }>('transport')).udp;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iot-broker-udp-'));
  database = await createTestDatabase();
});

afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

describe('a gateway with a port for UDP', () => {
  const repeated = newImei();
  const repeatedPacket = recordsPacket(repeated, [{ timestampMs: 1_750_000_000_000 }, { timestampMs: 1_750_000_001_000 }]);

  beforeAll(() => start({ LOG_DEVICE: TRACED_IMEI }));

  it('stores what Teltonika prints, and answers with what Teltonika prints, when the row is there', async () => {
    await device.exchange(bytesOf(VECTOR));
    expect(device.answers).toEqual(['0005cafe010501']);
    const rows = await database.query('select * from tbl_iot_telemetry_data where iot_imei = $1', [VECTOR_IMEI]);
    expect(rows).toMatchObject([
      { iot_timestamp: new Date('2019-06-13T06:23:26Z'), gsm_signal: 3, digital_input_1: 1, external_voltage: 23_996 },
    ]);
    expect(await gateway.client.telemetry.latest(VECTOR_IMEI)).toMatchObject({ iotTimestamp: '2019-06-13T06:23:26.000Z' });
  });

  it('has no connected device by it, and no command for one', async () => {
    expect(await gateway.client.devices.list()).toEqual([]);
    expect((await gateway.get(`devices/${VECTOR_IMEI}`)).status).toBe(404);
    const live = await gateway.post('command', { imei: VECTOR_IMEI, command: 'getver' });
    expect(live).toMatchObject({ status: 404, body: { code: 'DEVICE_NOT_CONNECTED' } });
    const queued = await gateway.post('command', { imei: VECTOR_IMEI, command: 'getver', mode: 'queue' });
    expect(queued.status).toBe(202);
  });

  it('answers several packets of a datagram, and a repeated one from the table', async () => {
    const other = newImei();
    const before = device.answers.length;
    const answers = await device.exchange(
      Buffer.concat([repeatedPacket, recordsPacket(other, [{}], { packetId: 0xbeef, avlPacketId: 6 }), repeatedPacket]),
      before + 3,
    );
    expect([...answers.slice(before)].sort()).toEqual(['0005beef010601', '0005cafe010502', '0005cafe010502']);
    await device.exchange(repeatedPacket);
    expect(device.answers.at(-1)).toBe('0005cafe010502');
    expect([await countOf(repeated), await countOf(other)]).toEqual([2, 1]);
  });

  it('stores a burst of 200 devices, whatever of it has to come twice', async () => {
    const devices = await Promise.all(Array.from({ length: 200 }, () => UdpDevice.open(device.port)));
    const imeis = devices.map(newImei);
    await Promise.all(devices.map((each, index) => each.exchange(recordsPacket(imeis[index]!, [{}, { speed: 1 }]), 1, AGAIN_MS)));
    devices.forEach((each) => each.close());
    const [stored] = await database.query<{ count: number }>(
      'select count(*)::int as count from tbl_iot_telemetry_data where iot_imei = any ($1)',
      [imeis],
    );
    expect(stored!.count).toBe(400);
  });

  it('puts what can not be read into quarantine when it comes for the third time, and answers it then', async () => {
    const imei = newImei();
    const packet = channelPacket(imei, Buffer.concat([uint(0x8e, 1), uint(1, 1), uint(7, 9), uint(1, 1)]), { avlPacketId: 9 });
    device.send(packet);
    device.send(packet);
    await waitFor(async () => (await udpCounters()).rejected === 2);
    await device.exchange(packet);
    expect(device.answers.at(-1)).toBe('0005cafe010901');
    const kept = await database.query('select * from tbl_iot_telemetry_quarantine where iot_imei = $1', [imei]);
    expect(kept).toMatchObject([{ scope: 'frame', code: 'TRUNCATED' }]);
    await waitFor(async () => JSON.stringify(await gateway.client.devices.diagnose(imei)).includes('"cause":"TRUNCATED"'));
  });

  it('writes down the bytes of a traced device, both ways', async () => {
    const packet = recordsPacket(TRACED_IMEI, [{}], { packetId: 0x1234 });
    await device.exchange(packet);
    await gateway.process.waitForLine(new RegExp(`${TRACED_IMEI} in ${packet.length} bytes: ${packet.toString('hex')}`));
    await gateway.process.waitForLine(new RegExp(`${TRACED_IMEI} out 7 bytes: 00051234010501`));
  });

  it('takes a simulated fleet whose answers get lost, and each record it answered is stored once', async () => {
    const ledger = join(folder, 'ledger.ndjson');
    const fleet = `--udp --port=${device.port} --devices=20 --interval=0.2 --duration=2 --drain=20 --ramp=0 --quiet --ledger=${ledger}`;
    const simulator = new NodeProcess({ args: [SIMULATOR, ...`${fleet} --lose-ack=0.1 --ack-timeout=0.3`.split(' ')] });
    expect(await simulator.exit).toEqual({ code: 0, signal: null });
    expect(simulator.lines.join('\n')).toMatch(/created \d+ = acknowledged \d+ \+ waiting 0 \+ dropped 0 \(balanced\)/);
    expect(simulator.lines.join('\n')).not.toMatch(/resends 0$/m);
    const { acknowledged, broken } = await checkLedger(database, ledger);
    expect(acknowledged).toBeGreaterThan(100);
    expect(broken).toEqual([]);
  });

  it('has counted it all', async () => {
    const metrics = await (await fetch(`${gateway.apiUrl}/metrics`, { headers: { 'x-api-key': API_KEY } })).text();
    expect(metrics).toMatch(/iot_broker_udp_datagrams_total\{result="read"[^}]*\} [1-9]/);
    expect(metrics).toMatch(/iot_broker_udp_packets_total\{result="answered"[^}]*\} [1-9]/);
    expect(metrics).toMatch(/iot_broker_udp_packets_total\{result="rejected"[^}]*\} 2/);
  });

  it('that was killed leaves it to another to answer a packet from the table', async () => {
    await gateway.client.registeredDevices.register(repeated);
    await gateway.kill();
    device.close();
    await start({ DEVICE_ADMISSION: 'registered' });
    await device.exchange(repeatedPacket);
    expect(device.answers).toEqual(['0005cafe010502']);
    expect(await countOf(repeated)).toBe(2);
  });
});

describe('a gateway for registered devices', () => {
  afterAll(async () => {
    device.close();
    expect(await gateway.stop()).toMatchObject({ code: 0 });
  });

  /** What came of a packet that is not answered, which is known when it is counted. */
  async function expectRefused(imei: string, from = device): Promise<void> {
    const refused = (await udpCounters()).refused!;
    const answered = device.answers.length;
    from.send(recordsPacket(imei, [{}]));
    await waitFor(async () => (await udpCounters()).refused === refused + 1);
    expect(from.answers).toHaveLength(from === device ? answered : 0);
  }

  it('does not answer an unknown device, lists it, and takes it once it is registered', async () => {
    const imei = newImei();
    await expectRefused(imei);
    const unknown = async (): Promise<object | undefined> =>
      (await gateway.client.registeredDevices.unknown().all()).find((each) => each.imei === imei);
    expect(await waitFor(unknown)).toMatchObject({ attempts: 1, lastAddress: '127.0.0.1' });
    expect(await countOf(imei)).toBe(0);
    await gateway.client.registeredDevices.register(imei);
    await device.exchange(recordsPacket(imei, [{}]));
    expect(await countOf(imei)).toBe(1);
  });

  it('does not answer a device from the moment on at which any instance has banned it', async () => {
    const imei = newImei();
    await gateway.client.registeredDevices.register(imei);
    await device.exchange(recordsPacket(imei, [{}]));
    // As another instance does it.
    await database.query(`update tbl_iot_devices set status = 'banned' where imei = $1`, [imei]);
    await expectRefused(imei);
    expect(await countOf(imei)).toBe(1);
    expect((await gateway.client.stats()).refusedLogins).toMatchObject({ banned: 1 });
  });

  it('does not answer a pinned device from elsewhere', async () => {
    const imei = newImei();
    await gateway.client.registeredDevices.register(imei, { allowedRanges: ['127.0.0.1/32'] });
    await device.exchange(recordsPacket(imei, [{}]));
    const elsewhere = await UdpDevice.open(device.port, '127.0.0.2');
    await expectRefused(imei, elsewhere);
    elsewhere.close();
    await waitFor(async () => JSON.stringify(await gateway.client.devices.diagnose(imei)).includes('"127.0.0.2"'));
  });
});
