import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectPlain } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { readTlsCredentials } from '../../src/transport/tls/tls-credentials.js';
import { startGatewayProcess } from '../support/gateway-process.js';
import { login, recordsFrame } from '../support/frames.js';
import { type CertificateFiles, writeTestCertificate } from '../support/test-certificate.js';
import { startTransport, type TestTransport } from '../support/test-transport.js';
import { waitFor } from '../support/wait-for.js';

const IMEI = '356307042441013';
let folder: string;
let transport: TestTransport | null = null;

const certificate = (name: string): Promise<CertificateFiles> => writeTestCertificate(folder, name);

beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'iot-broker-tls-'))));
afterEach(async () => {
  await transport?.app.close();
  transport = null;
});
afterAll(() => rmSync(folder, { recursive: true }));

async function start(name: string, options: Parameters<typeof startTransport>[0] = {}): Promise<number> {
  transport = await startTransport({ tls: { ...(await certificate(name)), caFile: null, port: 0, reloadMs: 50 }, ...options });
  return transport.server.tlsPort!;
}

async function secure(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options });
  await new Promise((resolve, reject) => socket.once('secureConnect', resolve as () => void).once('error', reject));
  return socket;
}

/** Logs in, sends three records, and returns the answers. */
async function talk(socket: TLSSocket, ahead = Buffer.alloc(0)): Promise<Buffer> {
  let received = Buffer.alloc(0);
  socket.on('data', (bytes: Buffer) => (received = Buffer.concat([received, bytes])));
  socket.write(Buffer.concat([ahead, login(IMEI), recordsFrame([{}, {}, {}])]));
  await waitFor(() => received.length >= 5, { what: 'the acknowledgement' });
  socket.destroy();
  return received;
}

describe('a device with TLS', () => {
  it('may use TLS 1.2, and not 1.1', async () => {
    const port = await start('versions');
    expect(await talk(await secure(port, { maxVersion: 'TLSv1.2' }))).toEqual(Buffer.from('0100000003', 'hex'));
    const old: ConnectionOptions = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' };
    await expect(secure(port, old)).rejects.toThrow();
    await waitFor(() => transport!.counters.tlsHandshakesFailed === 1);
  });

  it('may send keep-alive bytes before its login', async () => {
    const port = await start('keep-alive');
    expect(await talk(await secure(port), Buffer.of(0xff, 0xff))).toEqual(Buffer.from('0100000003', 'hex'));
  });

  it('must present a certificate when an authority is configured', async () => {
    const client = await certificate('client');
    const tls = { ...(await certificate('server')), caFile: client.certificateFile, port: 0, reloadMs: 50 };
    const port = await start('unused', { tls });
    const known = readTlsCredentials({ ...client, caFile: null }, Date.now()).context;
    expect(await talk(await secure(port, { cert: known.cert!, key: known.key! }))).toHaveLength(5);
    await expect(secure(port, { maxVersion: 'TLSv1.2' })).rejects.toThrow();
    const other = readTlsCredentials({ ...(await certificate('stranger')), caFile: null }, Date.now()).context;
    const stranger = await secure(port, { cert: other.cert!, key: other.key! }).catch(() => null);
    stranger?.on('error', () => undefined);
    await waitFor(() => transport!.counters.tlsHandshakesFailed === 2);
    expect(transport!.counters.tlsHandshakes).toBe(1);
  });

  it('has one timeout for handshake and login together', async () => {
    const port = await start('slow', { loginTimeoutMs: 300 });
    const silent = connectPlain(port, '127.0.0.1');
    silent.on('error', () => undefined);
    await waitFor(() => silent.destroyed || silent.readableEnded || transport!.counters.tlsHandshakesFailed === 1);
    expect(transport!.counters.tlsHandshakesFailed).toBe(1);
    silent.destroy();
  });

  it('counts as a connection from before its handshake until it is closed', async () => {
    const port = await start('bound', { maxConnections: 1 });
    const { counters } = transport!;
    const silent = connectPlain(port, '127.0.0.1');
    silent.on('error', () => undefined).resume();
    await waitFor(() => counters.connectionsAccepted === 1);
    const device = await secure(port);
    await waitFor(() => silent.closed, { what: 'the silent one to make room' });
    device.write(login(IMEI));
    await waitFor(() => counters.loginsAccepted === 1);
    await expect(secure(port)).rejects.toThrow();
    expect(counters).toMatchObject({ connectionsEvicted: 1, connectionsRefused: 1 });
    device.destroy();
    await waitFor(() => transport!.server.connectionCount === 0);
    expect(await talk(await secure(port))).toHaveLength(5);
  });

  it('may use the port of a handshake that was aborted immediately before', async () => {
    const port = await start('again');
    const { counters } = transport!;
    // An address that no other test uses: a connection of another program may have the same port of 127.0.0.1.
    const address = { port, host: '127.0.0.1', localAddress: '127.0.81.7' };
    const first = connectPlain(address);
    await waitFor(() => counters.connectionsAccepted === 1);
    const { localPort } = first;
    first.resetAndDestroy();
    // The gateway gets both events in one turn: the new connection arrives before the 'close' of the old one.
    const raw = connectPlain({ ...address, localPort: localPort! });
    expect(await talk(connect({ socket: raw, rejectUnauthorized: false }))).toHaveLength(5);
  });

  it('has the address of the PROXY header before its handshake', async () => {
    const port = await start('proxy', { comesFromBalancer: (address) => address === '127.0.0.1' });
    const raw = connectPlain(port, '127.0.0.1');
    raw.write('PROXY TCP4 192.0.2.7 192.0.2.1 4711 9001\r\n');
    const socket = connect({ socket: raw, rejectUnauthorized: false });
    socket.write(login(IMEI));
    await waitFor(() => transport!.registry.size === 1, { what: 'the device to be listed' });
    expect(transport!.registry.find(IMEI)).toMatchObject({ remoteAddress: '192.0.2.7', remotePort: 4711 });
    socket.destroy();
  });

  it('is disconnected when its balancer sends no header', async () => {
    const port = await start('no-header', { comesFromBalancer: () => true });
    await expect(secure(port)).rejects.toThrow();
    expect(transport!.counters).toMatchObject({ rejected: { BAD_PROXY_HEADER: 1 }, tlsHandshakesFailed: 0 });
  });
});

describe('the certificate', () => {
  const nameOf = async (port: number): Promise<unknown> => {
    const socket = await secure(port);
    const name = socket.getPeerCertificate().subject.CN;
    socket.destroy();
    return name;
  };

  it('is reloaded when its files change, and kept when the new ones are not valid', async () => {
    const port = await start('before');
    const after = await certificate('after');
    writeFileSync(join(folder, 'before.crt'), 'no certificate');
    await waitFor(() => transport!.counters.tlsReloadsFailed > 0, { what: 'the bad file to be noticed' });
    expect(await nameOf(port)).toBe('before');
    copyFileSync(after.keyFile, join(folder, 'before.key'));
    copyFileSync(after.certificateFile, join(folder, 'before.crt'));
    await waitFor(() => transport!.counters.tlsReloads > 0, { what: 'the good files to be noticed' });
    expect(await nameOf(port)).toBe('after');
  });

  it('is named in the error when it is missing, not a certificate, expired, or not that of the key', async () => {
    const good = await certificate('good');
    const { keyFile: otherKey } = await certificate('another');
    const read = (files: object, now = Date.now()) => readTlsCredentials({ ...good, caFile: null, ...files }, now);
    expect(() => read({ certificateFile: '/nowhere/a.crt' })).toThrow('/nowhere/a.crt: cannot be read (ENOENT)');
    expect(() => read({ certificateFile: good.keyFile })).toThrow(`${good.keyFile}: not a certificate in PEM`);
    expect(() => read({ keyFile: otherKey })).toThrow('not the key of the certificate in');
    expect(() => read({}, read({}).expiresAt.getTime())).toThrow(/good\.crt: the certificate expired on \d{4}-\d\d-\d\dT/);
    expect(read({}, read({}).expiresAt.getTime() - 1).expiresAt).toBeInstanceOf(Date);
  });

  it('that has expired fails the start of a gateway with its file and its date', async () => {
    const { certificateFile, keyFile } = await writeTestCertificate(folder, 'expired', {
      notBefore: new Date('2020-01-01T00:00:00Z'),
      notAfter: new Date('2021-01-01T00:00:00Z'),
    });
    const env = { BROKER_TLS_PORT: '0', BROKER_TLS_CERT_FILE: certificateFile, BROKER_TLS_KEY_FILE: keyFile };
    const gateway = startGatewayProcess({ cwd: folder, env: { ...env, API_PORT: '0', BROKER_PORT: '0' } });
    await gateway.waitForLine(/BROKER_TLS_PORT: \S+expired\.crt: the certificate expired on 2021-01-01T/);
  });
});
