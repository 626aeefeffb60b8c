import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { Pool } from 'pg';
import { DataSource } from 'typeorm';
import { isDatabaseUnavailable } from '../../src/platform/database/database-errors.js';
import { POOL_OPTIONS } from '../../src/platform/database/pool.js';

/** PostgreSQL's messages: a type, the length with itself, and what is in it. */
function message(type: string, body: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(type), length, body]);
}

const AUTHENTICATION_OK = message('R', Buffer.alloc(4));
const READY = message('Z', Buffer.from('I'));
const COMPLETE = message('C', Buffer.from('SELECT 0\0'));
const TERMINATED = message('E', Buffer.from('SFATAL\0C57P01\0Mterminating connection due to unexpected postmaster exit\0\0'));

const sockets = new Set<Socket>();
let server: Server;
/** What it answers to the login, and then to each statement. */
let answers: Buffer[];

beforeAll(async () => {
  server = createServer((socket) => {
    sockets.add(socket);
    const left = [...answers];
    socket.on('data', () => socket.write(left.shift() ?? TERMINATED)).on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterAll(async () => {
  sockets.forEach((socket) => socket.destroy());
  await new Promise((resolve) => server.close(resolve));
});

function url(): string {
  return `postgres://nobody:secret@127.0.0.1:${(server.address() as AddressInfo).port}/none`;
}

describe('a server that ends in the same segment', () => {
  it('as it says a new connection is ready is an outage to TypeORM', async () => {
    answers = [Buffer.concat([AUTHENTICATION_OK, READY, TERMINATED])];
    const dataSource = new DataSource({ type: 'postgres', url: url(), poolSize: 1, extra: POOL_OPTIONS });
    expect(isDatabaseUnavailable(await dataSource.initialize().catch((error: unknown) => error))).toBe(true);
  });

  it('after a statement is an outage for the next statement that waited for the connection', async () => {
    answers = [Buffer.concat([AUTHENTICATION_OK, READY]), Buffer.concat([COMPLETE, READY, TERMINATED])];
    const pool = new Pool({ connectionString: url(), max: 1, ...POOL_OPTIONS });
    const first = pool.query('select');
    const second = pool.connect().then((client) => client.query('select').finally(() => client.release()));
    const failure = second.catch((error: unknown) => error);
    await first;
    expect(isDatabaseUnavailable(await failure)).toBe(true);
    await pool.end();
  });
});
