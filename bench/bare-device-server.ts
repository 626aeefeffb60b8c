import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { encodeAcknowledgement } from '../src/protocol/frame-encoder.js';
import { FrameSplitter } from '../src/protocol/frame-splitter.js';
import { LOGIN_ACCEPTED } from '../src/protocol/login.js';
import { processResidentBytes } from './process-memory.js';

const MAX_FRAME_BYTES = 16_384;
const THIS_FILE = fileURLToPath(import.meta.url);

/** What devices can connect to. */
export interface DeviceServer {
  readonly port: number;
  residentBytes(): number;
}

/** What a device could get at best: a process of its own that answers every frame at once and keeps nothing. */
export async function withBareDeviceServer<T>(measure: (server: DeviceServer) => Promise<T>): Promise<T> {
  const child = fork(THIS_FILE, ['serve']);
  try {
    const [port] = (await once(child, 'message')) as [number];
    return await measure({ port, residentBytes: () => processResidentBytes(child.pid!) });
  } finally {
    child.kill();
  }
}

function serve(): void {
  const server = createServer({ noDelay: true }, answer);
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => process.send?.((server.address() as AddressInfo).port));
}

function answer(socket: Socket): void {
  const frames = new FrameSplitter(MAX_FRAME_BYTES);
  socket.on('error', () => socket.destroy());
  socket.once('data', () => {
    socket.write(Buffer.of(LOGIN_ACCEPTED));
    socket.on('data', (chunk: Buffer) => {
      frames.push(chunk);
      for (let frame = frames.next(); frame !== null; frame = frames.next()) {
        socket.write(encodeAcknowledgement(frame.count));
      }
    });
  });
}

if (process.argv[1] === THIS_FILE && process.argv[2] === 'serve') {
  serve();
}
