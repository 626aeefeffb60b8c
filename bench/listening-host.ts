import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

export interface ReceivedEvent {
  readonly imei: string;
  readonly sequence: number;
  /** Of a telemetry event: when the gateway received its first record, ISO 8601. */
  readonly firstReceivedAt?: string;
  /** When the whole request was there, Unix milliseconds. */
  readonly atMs: number;
}

/** A host in a thread of its own (`webhook-host.ts`) that answers every event. */
export class ListeningHost {
  private constructor(
    private readonly worker: Worker,
    private readonly port: number,
  ) {}

  static async start(): Promise<ListeningHost> {
    const worker = new Worker(new URL('./webhook-host.js', import.meta.url));
    const [port] = (await once(worker, 'message')) as [number];
    return new ListeningHost(worker, port);
  }

  /** Variables of a gateway that sends it telemetry events. */
  get environment(): Record<string, string> {
    return {
      NOTIFICATION_URL: `http://127.0.0.1:${this.port}`,
      TELEMETRY_WEBHOOK_ENABLED: 'true',
      WEBHOOK_SECRET: SECRET,
    };
  }

  /** The events since the last call. */
  async take(): Promise<ReceivedEvent[]> {
    this.worker.postMessage('take');
    const [received] = (await once(this.worker, 'message')) as [ReceivedEvent[]];
    return received;
  }

  /** From the receipt of the first record of each event until the host has the event, since the last call. */
  async takeLatenciesMs(): Promise<number[]> {
    return (await this.take()).flatMap(({ firstReceivedAt, atMs }) =>
      firstReceivedAt === undefined ? [] : [atMs - Date.parse(firstReceivedAt)],
    );
  }

  /** Of the host, since its start. */
  async cpuSeconds(): Promise<number> {
    this.worker.postMessage('cpu');
    const [seconds] = (await once(this.worker, 'message')) as [number];
    return seconds;
  }

  async stop(): Promise<void> {
    await this.worker.terminate();
  }
}
