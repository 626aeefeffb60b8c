import { type Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { type AuditActor } from '../access/audit/audit-actor.js';
import { AuditService } from '../access/audit/audit.service.js';
import { DomainError } from '../platform/errors/errors.js';
import { AnswerStreams } from '../platform/http/answer-streams.js';
import { StoppingError } from '../platform/http/http-adapter.js';
import { type ErasedCountsDto, type ErasureReceiptDto } from './device-data.dto.js';
import { DeviceDataRepository, type RowKey } from './device-data.repository.js';
import { DEVICE_TABLES, type DeviceTable } from './device-tables.js';

const ROWS_PER_PAGE = 1_000;
/** So that no step holds its locks for long. */
const ROWS_PER_STEP = 5_000;
const MAX_EXPORTS = 2;
const RETRY_AFTER_SECONDS = 5;
/** How long an erasure waits for the relay. With the default interval of one second an event is made within it. */
const RELAY_WAIT_MS = 3_000;
const RELAY_POLL_MS = 100;

/** Exports and erases everything that is stored about one device. */
@Injectable()
export class DeviceDataService implements BeforeApplicationShutdown {
  private exports = 0;
  private isStopping = false;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly repository: DeviceDataRepository,
    private readonly answers: AnswerStreams,
    private readonly audit: AuditService,
  ) {}

  /** One line of JSON for each row. The entry in the audit is committed before the first of them. Throws TooManyDataExportsError, StoppingError. */
  async export(imei: string, actor: AuditActor): Promise<Readable> {
    if (this.exports >= MAX_EXPORTS) {
      throw new TooManyDataExportsError();
    }
    this.exports++;
    try {
      const startedAt = await this.repository.now();
      await this.audit.record({ actor, action: 'device.data-exported', imei }, this.dataSource.manager);
      const stream = this.answers.open(this.lines(imei, new Date(startedAt)), `An export of the data of ${imei}`);
      stream.once('close', () => this.exports--);
      return stream;
    } catch (error) {
      this.exports--;
      throw error;
    }
  }

  /**
   * Deletes what was stored until now, in short transactions. When one fails, what the earlier ones deleted stays deleted, and the next erasure does the rest.
   * Throws StoppingError.
   */
  async erase(imei: string, actor: AuditActor): Promise<ErasureReceiptDto> {
    const startedAt = await this.repository.now();
    await this.audit.record({ actor, action: 'device.data-erasure-started', imei }, this.dataSource.manager);
    const erased: Record<string, number> = {};
    for (const table of DEVICE_TABLES.filter((each) => each.erased !== undefined)) {
      // The relay may make an event of records that have just been erased: events come after it, and until now.
      const before = table.kind === 'event' ? await this.afterRelay(imei, startedAt) : startedAt;
      erased[table.kind] = await this.eraseTable(table, imei, before);
    }
    const notErased = {
      pendingCommands: await this.repository.count(tableOf('command'), imei, `row.status = 'PENDING'`),
      unreportedRecords: await this.repository.hasUnreportedRecords(imei, startedAt),
    };
    const isComplete = notErased.pendingCommands === 0 && !notErased.unreportedRecords;
    const kept = await this.findKept(imei);
    const details = { erased, notErased, isComplete };
    await this.audit.record({ actor, action: 'device.data-erased', imei, details }, this.dataSource.manager);
    return {
      imei,
      startedAt: new Date(startedAt),
      completedAt: new Date(await this.repository.now()),
      isComplete,
      erased: erased as unknown as ErasedCountsDto,
      notErased,
      kept,
    };
  }

  /** An erasure in progress ends after its step. */
  beforeApplicationShutdown(): void {
    this.isStopping = true;
  }

  private async eraseTable(table: DeviceTable, imei: string, before: string): Promise<number> {
    let erased = 0;
    for (let after: RowKey | null = null; ;) {
      if (this.isStopping) {
        throw new StoppingError();
      }
      const step = await this.repository.eraseRows(table, imei, before, after, ROWS_PER_STEP);
      erased += step.erased;
      if (step.next === null) {
        return erased;
      }
      after = step.next;
    }
  }

  private async afterRelay(imei: string, startedAt: string): Promise<string> {
    const deadlineMs = performance.now() + RELAY_WAIT_MS;
    while (!this.isStopping && performance.now() < deadlineMs && (await this.repository.hasUnreportedRecords(imei, startedAt))) {
      await delay(RELAY_POLL_MS);
    }
    return this.repository.now();
  }

  private async findKept(imei: string): Promise<string[]> {
    const kept: string[] = [];
    for (const table of DEVICE_TABLES.filter((each) => each.erased === undefined && each.join === undefined)) {
      if ((await this.repository.count(table, imei)) > 0) {
        kept.push(table.kind);
      }
    }
    return kept;
  }

  private async *lines(imei: string, startedAt: Date): AsyncGenerator<string> {
    yield line({ kind: 'export', imei, startedAt });
    const counts: Record<string, number> = {};
    for (const table of DEVICE_TABLES) {
      let count = 0;
      for (let after: RowKey | null = null, hasMore = true; hasMore;) {
        const page = await this.repository.readRows(table, imei, after, ROWS_PER_PAGE);
        if (page.rows.length > 0) {
          yield page.rows.map(({ text }) => `{"kind":"${table.kind}","data":${text}}\n`).join('');
        }
        count += page.rows.length;
        after = page.rows.at(-1)?.key ?? after;
        hasMore = page.hasMore;
      }
      counts[table.kind] = count;
    }
    yield line({ kind: 'end', counts });
  }
}

function tableOf(kind: string): DeviceTable {
  return DEVICE_TABLES.find((table) => table.kind === kind) as DeviceTable;
}

function line(value: object): string {
  return `${JSON.stringify(value)}\n`;
}

/** As many exports are in progress as this instance allows. */
class TooManyDataExportsError extends DomainError {
  override readonly name = 'TooManyDataExportsError';
  readonly code = 'TOO_MANY_EXPORTS';
  readonly httpStatus = 503;
  override readonly retryAfterSeconds = RETRY_AFTER_SECONDS;

  constructor() {
    super(`This instance has ${MAX_EXPORTS} exports of devices in progress, try again`);
  }
}
