import { type Tone } from '../../ui/badge.js';

/** What a device, or something else, has tried on the device port. */
export interface Attempt {
  readonly id: number;
  readonly at: string;
  readonly tone: Tone;
  readonly title: string;
  readonly text: string;
}

/** Of GET /api/v1/stats: counters of each instance since its start, as of its last heartbeat. */
export interface PortStats {
  readonly instances: readonly { readonly instanceId: string; readonly stats: Readonly<Record<string, unknown>> | null }[];
}

/** Of GET /api/v1/unknown-devices. */
export interface UnknownDevices {
  readonly devices: readonly {
    readonly imei: string;
    readonly lastSeen: string;
    readonly attempts: number;
    readonly lastAddress: string;
  }[];
}

const MAX_ATTEMPTS = 50;

interface Outcome {
  /** Where its counter stands in the counters of an instance. */
  readonly counter: readonly string[];
  readonly title: string;
  readonly text: string;
}

const rejected = (code: string, title: string, text: string): Outcome => ({
  counter: ['transport', 'rejected', code],
  title,
  text,
});

/** Attempts that are only counted: who made them is in the log of the gateway. */
const OUTCOMES: readonly Outcome[] = [
  rejected(
    'BAD_LOGIN',
    'The first bytes were not a login (BAD_LOGIN)',
    'TLS on the port without TLS: set parameter 2020 to 0, or use the TLS port. Or another program, a browser for example, has used the device port.',
  ),
  rejected(
    'BAD_IMEI',
    'A login without an IMEI of 15 digits (BAD_IMEI)',
    'The device, or what claims to be one, has sent another identification.',
  ),
  rejected(
    'BAD_CRC',
    'A frame with a wrong checksum (BAD_CRC)',
    'Bytes have changed on the way, or the firmware is at fault. The device sends the records again.',
  ),
  rejected(
    'BAD_PREAMBLE',
    'Bytes that begin no frame (BAD_PREAMBLE)',
    'The device uses another protocol: Teltonika codec 8, 8 Extended and 16 are understood.',
  ),
  rejected(
    'UNSUPPORTED_CODEC',
    'An unknown codec (UNSUPPORTED_CODEC)',
    'Set parameter 113 to 1 (codec 8 Extended) or 0 (codec 8).',
  ),
  rejected(
    'BAD_PROXY_HEADER',
    'No header of the balancer (BAD_PROXY_HEADER)',
    'BROKER_PROXY_PROTOCOL is set, and the device has connected past the balancer.',
  ),
  {
    counter: ['transport', 'tlsHandshakesFailed'],
    title: 'A TLS handshake has failed',
    text: 'A device without TLS on the TLS port, or a certificate that it does not accept. Parameter 2020 is 1 for TLS.',
  },
  {
    counter: ['transport', 'disconnects', 'login-timeout'],
    title: 'A connection without a login',
    text: 'The address and port are right, and no IMEI was sent. A port scanner, or a device that waits for TLS.',
  },
  { counter: ['refusedLogins', 'banned'], title: 'Refused: banned', text: 'A device that is banned has tried to log in.' },
  {
    counter: ['refusedLogins', 'address'],
    title: 'Refused: another address',
    text: 'A registered device has tried to log in from outside the address ranges that it is pinned to.',
  },
  {
    counter: ['refusedLogins', 'limit'],
    title: 'Refused: too many unregistered devices',
    text: 'Register the device, or raise the limit of unregistered devices.',
  },
];

/** Makes attempts of what grows between two reads. The first read of each kind is where it begins. */
export class ConnectionAttempts {
  private counts = new Map<string, number>();
  private hasCounts = false;
  private refused: Map<string, number> | null = null;
  private attempts: readonly Attempt[] = [];
  private lastId = 0;

  /** Newest first, at most 50. */
  get newest(): readonly Attempt[] {
    return this.attempts;
  }

  readStats({ instances }: PortStats): void {
    const counts = new Map<string, number>();
    for (const { instanceId, stats } of instances) {
      for (const outcome of OUTCOMES) {
        const key = `${instanceId} ${outcome.counter.join('.')}`;
        const count = countOf(stats, outcome.counter);
        const added = this.hasCounts ? Math.max(0, count - (this.counts.get(key) ?? 0)) : 0;
        counts.set(key, count);
        if (added > 0) {
          const title = added === 1 ? outcome.title : `${outcome.title}, ${added} times`;
          this.add({ at: new Date().toISOString(), tone: 'bad', title, text: outcome.text });
        }
      }
    }
    this.counts = counts;
    this.hasCounts = true;
  }

  readUnknown({ devices }: UnknownDevices): void {
    for (const { imei, attempts, lastSeen, lastAddress } of this.refused ? devices : []) {
      if (attempts > (this.refused?.get(imei) ?? 0)) {
        const text = `From ${lastAddress}. The device is set up correctly: register it, or set DEVICE_ADMISSION=open.`;
        this.add({ at: lastSeen, tone: 'warning', title: `Refused: ${imei} is not registered`, text });
      }
    }
    this.refused = new Map(devices.map(({ imei, attempts }) => [imei, attempts]));
  }

  connected(imei: string, at: string, address: string): void {
    this.add({ at, tone: 'good', title: `${imei} has logged in`, text: `From ${address}.` });
  }

  private add(attempt: Omit<Attempt, 'id'>): void {
    this.attempts = [{ ...attempt, id: ++this.lastId }, ...this.attempts].slice(0, MAX_ATTEMPTS);
  }
}

function countOf(stats: unknown, path: readonly string[]): number {
  const value = path.reduce<unknown>((section, name) => (section as Record<string, unknown> | null | undefined)?.[name], stats);
  return typeof value === 'number' ? value : 0;
}
