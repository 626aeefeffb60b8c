import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

const THIS_FILE = fileURLToPath(import.meta.url);

/** What a caller could get at best: a process of its own that gives every request the same answer. */
export async function withBareHttpServer<T>(answer: string, measure: (url: string) => Promise<T>): Promise<T> {
  const server = fork(THIS_FILE, ['serve']);
  try {
    server.send(answer);
    const [port] = (await once(server, 'message')) as [number];
    return await measure(`http://127.0.0.1:${port}`);
  } finally {
    server.kill();
  }
}

function serve(answer: string): void {
  const bytes = Buffer.from(answer);
  const server = createServer((request, response) => {
    request.resume();
    request.once('end', () => response.end(bytes));
  });
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
}

if (process.argv[1] === THIS_FILE && process.argv[2] === 'serve') {
  process.once('message', serve);
}
