import { spawn, type ChildProcess } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { waitFor } from '../support/wait-for.js';

export interface Backend {
  readonly devicePort: number;
  readonly apiPort: number;
}

export interface HaproxyPorts {
  readonly devices: number;
  readonly api: number;
}

/** A real HAProxy in front of several gateways: devices over TCP with PROXY headers, the API over HTTP, both by /readyz. */
export class Haproxy {
  private constructor(private readonly child: ChildProcess) {}

  static async start(folder: string, ports: HaproxyPorts, backends: readonly Backend[]): Promise<Haproxy> {
    const file = join(folder, 'haproxy.cfg');
    await writeFile(file, configuration(ports, backends));
    const child = spawn('haproxy', ['-db', '-f', file], { stdio: ['ignore', 'inherit', 'inherit'] });
    const failed = new Promise<never>((_resolve, reject) => {
      child.once('error', (error) => reject(new Error('HAProxy is needed: apt-get install haproxy', { cause: error })));
      child.once('exit', (code) => reject(new Error(`HAProxy ended with code ${code}`)));
    });
    const ready = waitFor(async () => (await fetch(`http://127.0.0.1:${ports.api}/readyz`)).status === 200, {
      timeoutMs: 30_000,
      what: 'HAProxy to find a ready gateway',
    });
    await Promise.race([ready, failed]);
    failed.catch(() => undefined);
    return new Haproxy(child);
  }

  async stop(): Promise<void> {
    const exited = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGKILL');
    await exited;
  }
}

function configuration(ports: HaproxyPorts, backends: readonly Backend[]): string {
  const servers = (line: (backend: Backend) => string): string =>
    backends.map((backend, index) => `  server gateway${index} ${line(backend)}`).join('\n');
  return `
global
  maxconn 4000
defaults
  timeout connect 2s
  timeout client 1h
  timeout server 1h
  timeout check 3s
  option redispatch
  retries 3
  default-server inter 300ms fall 2 rise 1
frontend devices
  mode tcp
  bind 127.0.0.1:${ports.devices}
  default_backend devices
backend devices
  mode tcp
  balance leastconn
  option httpchk GET /readyz
${servers(({ devicePort, apiPort }) => `127.0.0.1:${devicePort} send-proxy-v2 check port ${apiPort}`)}
frontend api
  mode http
  bind 127.0.0.1:${ports.api}
  default_backend api
backend api
  mode http
  balance roundrobin
  option httpchk GET /readyz
${servers(({ apiPort }) => `127.0.0.1:${apiPort} check`)}
`;
}
