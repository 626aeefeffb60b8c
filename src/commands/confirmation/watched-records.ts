import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { Periodic } from '../../platform/scheduling/periodic-tasks.js';
import { type AvlRecord } from '../../protocol/avl-record.js';
import { type FrameOrigin, StoredRecords } from '../../telemetry/latest/stored-records.js';
import { OutputRecords } from '../../telemetry/records/output-records.js';
import { TRANSPORT_OPTIONS, type TransportOptions } from '../../transport/transport-options.js';
import { type OutputStates } from '../catalogue/expected-outputs.js';
import { MAX_CLOCK_AHEAD_MS } from '../guards/guard.js';
import { WatchedOutputs, MAX_WATCHED } from '../in-flight/watched-outputs.js';
import { ConfirmationRepository } from './confirmation.repository.js';

const REFRESH_EVERY_MS = 5_000;
/** Digital Output 1 and 2 in Teltonika's list of AVL ids. */
const OUTPUT_OF_AVL_ID: Readonly<Record<number, 1 | 2>> = { 179: 1, 180: 2 };
const STATE_OF_VALUE: Readonly<Record<number, boolean>> = { 0: false, 1: true };

/**
 * Finds records that show the outputs of watched commands: those that this instance stores, as it stores them. What is found is in memory only, so an
 * instance that begins to watch a command, after a restart or because the device has moved to it, searches the stored records too, and every
 * minute those of the last minutes.
 */
@Injectable()
export class WatchedRecords implements OnModuleInit {
  constructor(
    private readonly repository: ConfirmationRepository,
    private readonly watched: WatchedOutputs,
    private readonly arriving: StoredRecords,
    private readonly stored: OutputRecords,
    @Inject(TRANSPORT_OPTIONS) private readonly transport: TransportOptions,
  ) {}

  onModuleInit(): void {
    this.arriving.addWatcher({
      watches: (imei) => this.watched.has(imei),
      onStored: (imei, records, origin) => this.note(imei, records, origin),
    });
  }

  @Periodic({ everyMs: REFRESH_EVERY_MS, failure: 'Unconfirmed commands could not be compared with records' })
  async refresh(): Promise<void> {
    const readAtMs = Date.now();
    this.watched.replace(await this.repository.findWritten(MAX_WATCHED), readAtMs);
    // The table of records does not say which of them came by UDP.
    if (this.transport.udpPort === null) {
      await this.searchStored();
    }
  }

  private note(imei: string, records: readonly AvlRecord[], { receivedAtMs, isByUdp }: FrameOrigin): void {
    // As with replies: anyone can send a packet by UDP.
    if (!isByUdp) {
      records.forEach((record) => this.watched.noteRecord(imei, outputsOf(record), { timeMs: record.timestampMs, receivedAtMs }));
    }
  }

  private async searchStored(): Promise<void> {
    const nowMs = Date.now();
    const searches = this.watched.searches(nowMs);
    if (searches.length === 0) {
      return;
    }
    const found = await this.stored.findFirst(
      searches.map(({ command: { imei, outputs, writtenAtMs, untilMs }, fromMs }) => ({
        imei,
        outputs,
        afterMs: fromMs,
        beforeMs: Math.min(untilMs, nowMs + MAX_CLOCK_AHEAD_MS),
        receivedAfterMs: writtenAtMs[0]!,
        maxAheadMs: MAX_CLOCK_AHEAD_MS,
      })),
    );
    searches.forEach(({ command }, index) => this.watched.noteSearched(command, found[index]!, nowMs));
  }
}

/** Of a repeated id the last one counts, as in the table. */
function outputsOf({ io }: AvlRecord): OutputStates {
  const states: { 1?: boolean | undefined; 2?: boolean | undefined } = {};
  for (const { id, value } of io) {
    const output = OUTPUT_OF_AVL_ID[id];
    if (output !== undefined && typeof value !== 'object') {
      states[output] = STATE_OF_VALUE[Number(value)];
    }
  }
  return states;
}
