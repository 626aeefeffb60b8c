import { type OfficialVector } from '../fixtures/official-vectors.js';
import { recordsFrame } from '../support/frames.js';

const MAX_RECORDS = 20;
const FIRST_TIMESTAMP_MS = 1_750_000_000_000;

/** A frame that devices send, and the count it is acknowledged with; null: it is never acknowledged. */
export interface SampleFrame {
  readonly bytes: Buffer;
  readonly acknowledgement: number | null;
}

/** What cases are made of: Teltonika's printed examples, and frames of 1 to 20 records. */
export interface Corpus {
  readonly records: readonly SampleFrame[];
  readonly larger: readonly SampleFrame[];
  readonly messages: readonly SampleFrame[];
  readonly logins: readonly Buffer[];
  readonly datagrams: readonly Buffer[];
}

export function createCorpus(vectors: readonly OfficialVector[]): Corpus {
  const sent = vectors.filter(({ direction, expect }) => direction === 'device->server' && expect === 'decode');
  const tcp = sent.filter(({ transport, codec }) => transport === 'tcp' && codec !== 'login');
  return {
    records: tcp.filter(isAcknowledged).map(({ hex, server_reply_hex = '' }) => ({
      bytes: Buffer.from(hex, 'hex'),
      acknowledgement: Number.parseInt(server_reply_hex, 16),
    })),
    larger: Array.from({ length: MAX_RECORDS }, (_, index) => largerFrame(index + 1)),
    messages: tcp
      .filter((vector) => !isAcknowledged(vector))
      .map(({ hex }) => ({ bytes: Buffer.from(hex, 'hex'), acknowledgement: null })),
    logins: sent.filter(({ codec }) => codec === 'login').map(bytesOf),
    datagrams: sent.filter(({ transport }) => transport === 'udp').map(bytesOf),
  };
}

function largerFrame(size: number): SampleFrame {
  const records = Array.from({ length: size }, (_, index) => ({ timestampMs: FIRST_TIMESTAMP_MS + index, speed: size }));
  return { bytes: recordsFrame(records), acknowledgement: size };
}

function isAcknowledged({ server_reply_hex }: OfficialVector): boolean {
  return server_reply_hex !== undefined;
}

function bytesOf({ hex }: OfficialVector): Buffer {
  return Buffer.from(hex, 'hex');
}
