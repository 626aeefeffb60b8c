import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { cpuSecondsOf } from './process-cpu.js';

/**
 * The host application, in a thread of its own so that a busy benchmark does not delay its clock: answers every event or batch with 204, after the
 * time that it was started with, and posts the events that it has received, with the time at which the whole request was there, or the seconds of
 * CPU of its thread.
 */
const { answersAfterMs = 0 } = (workerData ?? {}) as { answersAfterMs?: number };

interface ReceivedEvent {
  readonly imei: string;
  readonly sequence: number;
  readonly firstReceivedAt?: string;
  readonly atMs: number;
}

let received: ReceivedEvent[] = [];

const server = createServer((request, response) => {
  let text = '';
  request.setEncoding('utf8');
  request.on('data', (part: string) => (text += part));
  request.on('end', () => {
    void answer(response);
    const atMs = performance.timeOrigin + performance.now();
    const body = JSON.parse(text) as ReceivedEvent & { readonly events?: readonly ReceivedEvent[] };
    for (const { imei, sequence, firstReceivedAt } of body.events ?? [body]) {
      received.push({ imei, sequence, atMs, ...(firstReceivedAt !== undefined && { firstReceivedAt }) });
    }
  });
});
async function answer(response: ServerResponse): Promise<void> {
  if (answersAfterMs > 0) {
    await delay(answersAfterMs);
  }
  response.writeHead(204).end();
}

server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => parentPort?.postMessage((server.address() as AddressInfo).port));

parentPort?.on('message', (question: 'take' | 'cpu') => {
  if (question === 'cpu') {
    parentPort?.postMessage(cpuSecondsOf('/proc/thread-self/stat'));
    return;
  }
  parentPort?.postMessage(received);
  received = [];
});
