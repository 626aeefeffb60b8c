import { type Part } from './part.js';
import { clusterPart } from './parts/cluster.js';
import { commandsPart } from './parts/commands.js';
import { decodePart } from './parts/decode.js';
import { idlePart } from './parts/idle.js';
import { ingestPart } from './parts/ingest.js';
import { listeningHostPart } from './parts/listening-host.js';
import { oldTransactionPart } from './parts/old-transaction.js';
import { readsPart } from './parts/reads.js';
import { streamPart } from './parts/stream.js';
import { startPart } from './parts/start.js';
import { sinksPart } from './parts/sinks.js';
import { stormPart } from './parts/storm.js';
import { webhooksPart } from './parts/webhooks.js';

/** In the order in which they run. */
export const PARTS: readonly Part[] = [
  decodePart,
  ingestPart,
  idlePart,
  commandsPart,
  webhooksPart,
  listeningHostPart,
  streamPart,
  stormPart,
  clusterPart,
  startPart,
  readsPart,
  oldTransactionPart,
  sinksPart,
];
