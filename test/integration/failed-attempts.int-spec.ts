import { mkdtempSync, rmSync } from 'node:fs';
import { connect as connectPlain } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { FakeDevice } from '../support/fake-device.js';
import { login, recordsFrame } from '../support/frames.js';
import { writeTestCertificate } from '../support/test-certificate.js';
import { startTransport, type TestTransport } from '../support/test-transport.js';
import { waitFor } from '../support/wait-for.js';

const IMEI = '356307042441013';
const ADDRESS = '127.0.0.1';
const HTTP_REQUEST = 'GET / HTTP/1.1\r\nhost: gateway\r\n\r\n';

let folder: string;
let transport: TestTransport;

beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'iot-broker-attempts-'))));

afterEach(() => transport.app.close());

afterAll(() => rmSync(folder, { recursive: true }));

async function startWithTls(options: Parameters<typeof startTransport>[0] = {}): Promise<void> {
  const files = await writeTestCertificate(folder, 'attempts');
  transport = await startTransport({ tls: { ...files, caFile: null, port: 0, reloadMs: 1_000 }, ...options });
}

const outcomes = (): string[] => transport.counters.failedAttempts.toJSON().map(({ outcome }) => outcome);

async function sendAndWait(port: number, bytes: Buffer | string): Promise<void> {
  const before = total();
  const socket = connectPlain(port, ADDRESS, () => socket.write(bytes));
  socket.on('error', () => undefined).resume();
  await waitFor(() => total() > before, { what: 'the attempt to be noted' });
  socket.destroy();
}

function total(): number {
  return Object.values(transport.counters.failedAttempts.counts).reduce((sum, count) => sum + count, 0);
}

it.each([
  ['an HTTP request', HTTP_REQUEST, 'http-request'],
  ['the banner of another program', 'SSH-2.0-OpenSSH_9.2\r\n', 'not-a-login'],
  ['records before the login', recordsFrame([{}]), 'not-a-login'],
  ['an IMEI with a letter', login('35630704244101X'), 'bad-imei'],
  ['an IMEI of 16 digits', login('3563070424410134'), 'bad-imei'],
])('%s on the port without TLS has an outcome of its own', async (_name, bytes, outcome) => {
  transport = await startTransport();
  await sendAndWait(transport.port, bytes);
  expect(transport.counters.failedAttempts.toJSON()).toEqual([
    expect.objectContaining({ outcome, code: 'BAD_LOGIN', address: ADDRESS, imei: null, count: 1 }),
  ]);
  expect(transport.counters.failedAttempts.counts).toEqual({ [outcome]: 1 });
});

it('a TLS client on the port without TLS is noted as one', async () => {
  transport = await startTransport();
  const client = connectTls({ host: ADDRESS, port: transport.port, rejectUnauthorized: false });
  await new Promise((resolve) => client.once('error', resolve));
  expect(outcomes()).toEqual(['tls-on-plain-port']);
});

it.each([
  ['a login', login(IMEI), 'plain-on-tls-port'],
  ['an HTTP request', HTTP_REQUEST, 'http-request'],
])('%s without TLS on the TLS port is noted as such', async (_name, bytes, outcome) => {
  await startWithTls();
  await sendAndWait(transport.server.tlsPort!, bytes);
  expect(transport.counters.failedAttempts.toJSON()).toEqual([
    expect.objectContaining({ outcome, address: ADDRESS, imei: null, count: 1 }),
  ]);
});

it('a TLS handshake that fails is noted', async () => {
  await startWithTls();
  const old = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
  const client = connectTls({ host: ADDRESS, port: transport.server.tlsPort!, ...old });
  await new Promise((resolve) => client.once('error', resolve));
  await waitFor(() => outcomes().length > 0);
  expect(outcomes()).toEqual(['tls-failed']);
});

it('a health check that connects and closes is not noted, on either port', async () => {
  await startWithTls();
  for (const port of [transport.port, transport.server.tlsPort!]) {
    const before = transport.counters.connectionsAccepted;
    const socket = connectPlain(port, ADDRESS);
    await waitFor(() => transport.counters.connectionsAccepted > before);
    socket.resetAndDestroy();
  }
  await waitFor(() => transport.counters.tlsHandshakesFailed === 1 && transport.server.connectionCount === 0);
  expect(outcomes()).toEqual([]);
});

it('a connection without a login is noted at the login timeout, on both ports', async () => {
  await startWithTls({ loginTimeoutMs: 100 });
  const silent = await FakeDevice.connect(transport.port);
  await silent.closed();
  await waitFor(() => outcomes().length === 1);
  const silentTls = await FakeDevice.connect(transport.server.tlsPort!);
  await silentTls.closed();
  expect(transport.counters.failedAttempts.toJSON()).toEqual([expect.objectContaining({ outcome: 'no-login', count: 2 })]);
});

it('a frame with a wrong checksum is noted with the IMEI of its device, one with another fault with its code', async () => {
  transport = await startTransport();
  const device = await FakeDevice.logIn(transport.port, IMEI);
  const frame = recordsFrame([{}]);
  frame.writeUInt8(frame.readUInt8(frame.length - 1) ^ 1, frame.length - 1);
  device.send(frame);
  await device.closed();
  const other = await FakeDevice.logIn(transport.port, IMEI);
  other.send(Buffer.from('not a frame'));
  await other.closed();
  expect(transport.counters.failedAttempts.toJSON()).toEqual([
    expect.objectContaining({ outcome: 'bad-frame', code: 'BAD_PREAMBLE', imei: IMEI, address: ADDRESS }),
    expect.objectContaining({ outcome: 'bad-crc', code: 'BAD_CRC', imei: IMEI, address: ADDRESS }),
  ]);
});

it('a connection above the limit of its address is noted', async () => {
  transport = await startTransport({ maxConnectionsPerAddress: 1 });
  const first = await FakeDevice.connect(transport.port);
  await waitFor(() => transport.counters.connectionsAccepted === 1);
  const second = connectPlain(transport.port, ADDRESS);
  await new Promise((resolve) => second.once('error', resolve));
  expect(outcomes()).toEqual(['too-many-connections']);
  first.close();
});

it('repetitions are one attempt, and at most 20 are kept', async () => {
  transport = await startTransport({ maxConnections: 100 });
  await sendAndWait(transport.port, HTTP_REQUEST);
  const { failedAttempts } = transport.counters;
  const firstAt = failedAttempts.toJSON()[0]!.firstAt;
  Array.from({ length: 19 }, (_, index) => failedAttempts.note('unknown', { remoteAddress: ADDRESS, imei: `${index}` }));
  await sendAndWait(transport.port, HTTP_REQUEST);
  expect(failedAttempts.toJSON()[0]).toMatchObject({ outcome: 'http-request', count: 2, firstAt });
  expect(failedAttempts.toJSON()).toHaveLength(20);
  failedAttempts.note('banned', { remoteAddress: ADDRESS, imei: IMEI });
  expect(failedAttempts.toJSON()).toHaveLength(20);
  expect(failedAttempts.toJSON().some(({ imei }) => imei === '0')).toBe(false);
});
