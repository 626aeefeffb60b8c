import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

const THIS_FILE = fileURLToPath(import.meta.url);

/** What a reader could get at best: a process of its own that answers every request with so many bytes, always the same. */
export async function withBareHttpServer<T>(answerBytes: number, measure: (url: string) => Promise<T>): Promise<T> {
  const server = fork(THIS_FILE, ['serve', String(answerBytes)]);
  try {
    const [port] = (await once(server, 'message')) as [number];
    return await measure(`http://127.0.0.1:${port}`);
  } finally {
    server.kill();
  }
}

function serve(answerBytes: number): void {
  const answer = Buffer.alloc(answerBytes, ' ');
  const server = createServer((_request, response) => response.end(answer));
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
}

if (process.argv[1] === THIS_FILE && process.argv[2] === 'serve') {
  serve(Number(process.argv[3]));
}
