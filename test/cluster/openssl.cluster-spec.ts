import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { login, recordsFrame } from '../support/frames.js';
import { writeTestCertificate } from '../support/test-certificate.js';
import { startTransport } from '../support/test-transport.js';
import { waitFor } from '../support/wait-for.js';

/** A TLS implementation that is not Node.js: it needs the program `openssl`, which `npm test` must not. */
describe('openssl s_client as a device with TLS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'iot-broker-openssl-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('gets the acknowledgement that a device without TLS gets', async () => {
    const files = await writeTestCertificate(folder, 'openssl');
    const transport = await startTransport({ tls: { ...files, caFile: null, port: 0, reloadMs: 50 } });
    const address = `127.0.0.1:${transport.server.tlsPort}`;
    const client = spawn('openssl', ['s_client', '-connect', address, '-quiet', '-no_ign_eof'], { stdio: 'pipe' });
    const received: Buffer[] = [];
    client.stdout.on('data', (bytes: Buffer) => received.push(bytes));
    // A 'Q' at the start of a line would end s_client; these bytes have none.
    client.stdin.write(Buffer.concat([login('356307042441013'), recordsFrame([{}, {}, {}])]));
    await waitFor(() => Buffer.concat(received).length >= 5, { what: 'the acknowledgement' });
    client.kill();
    expect(Buffer.concat(received)).toEqual(Buffer.from('0100000003', 'hex'));
    expect(transport.counters.tlsHandshakes).toBe(1);
    await transport.app.close();
  });
});
