import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { parentPort } from 'node:worker_threads';
import { cpuSecondsOf } from './process-cpu.js';

/**
 * The host application, in a thread of its own so that a busy benchmark does not delay its clock: answers every event with 204 and posts the
 * events that it has received, with the time at which the whole request was there, or the seconds of CPU of its thread.
 */
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
    response.writeHead(204).end();
    const atMs = performance.timeOrigin + performance.now();
    const { imei, sequence, firstReceivedAt } = JSON.parse(text) as ReceivedEvent;
    received.push({ imei, sequence, atMs, ...(firstReceivedAt !== undefined && { firstReceivedAt }) });
  });
});
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
