import { get } from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';
import { wallClockMs } from './wall-clock.js';

/** Which streams are opened: one for each device. */
export interface StreamClients {
  readonly apiUrl: string;
  readonly apiKey: string;
  readonly imeis: readonly string[];
}

/** An event, and the time at which the whole message was there. */
export interface StreamedEvent {
  readonly imei: string;
  readonly sequence: number;
  readonly atMs: number;
}

/**
 * Readers of streams, in a thread of their own so that a busy benchmark does not delay their clock. Posts `open` when all streams are open, and then, for
 * every message, the events received since the last one. Plain requests and not `client/`: one thread stands for a thousand clients.
 */
const { apiUrl, apiKey, imeis } = workerData as StreamClients;
let received: StreamedEvent[] = [];

function open(imei: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = get(`${apiUrl}/stream?imei=${imei}`, { headers: { 'x-api-key': apiKey }, agent: false }, (response) => {
      if (response.statusCode !== 200) {
        reject(new Error(`a stream was answered ${response.statusCode}`));
      }
      let rest = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        const atMs = wallClockMs();
        const blocks = (rest + text).split('\n\n');
        rest = blocks.pop() ?? '';
        for (const block of blocks) {
          const sequence = /\ndata: .*"sequence":(\d+)/.exec(block)?.[1];
          if (sequence !== undefined) {
            received.push({ imei, sequence: Number(sequence), atMs });
          }
        }
      });
      resolve();
    });
    request.on('error', reject);
  });
}

for (const imei of imeis) {
  await open(imei);
}
parentPort?.postMessage('open');
parentPort?.on('message', () => {
  parentPort?.postMessage(received);
  received = [];
});
