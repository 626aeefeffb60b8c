import { Readable } from 'node:stream';
import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { DomainError } from '../../platform/errors/errors.js';
import { StoppingError } from '../../platform/http/http-adapter.js';
import { MINUTE_MS } from '../../platform/time-units.js';
import { TelemetrySettings } from '../telemetry.settings.js';
import { CSV_HEADER, csvRow } from './record-csv.js';
import { recordCursorOf } from './record-cursor.js';
import { geoJsonFeature, GPX_TAIL, gpxHead, GpxTrack } from './record-geography.js';
import { type RecordRange, TelemetryReaderRepository } from './telemetry-reader.repository.js';
import { type TelemetryRecord } from './telemetry-record.js';

export interface OpenExport {
  readonly readable: Readable;
  /** There are no records in the range. */
  readonly isEmpty: boolean;
}

export type ExportRange = Omit<RecordRange, 'after' | 'limit'>;

/** How records become text. A format belongs to one export: it may keep a state. */
interface ExportFormat {
  readonly head: string;
  readonly separator: string;
  readonly tail: string;
  readonly textOf: (record: TelemetryRecord) => string;
}

export const EXPORT_TYPES = {
  csv: 'text/csv; charset=utf-8; header=present',
  geojson: 'application/geo+json; charset=utf-8',
  gpx: 'application/gpx+xml; charset=utf-8',
} as const;
export type ExportName = keyof typeof EXPORT_TYPES;

const RECORDS_PER_PAGE = 1_000;
/** What a client must take within MAX_STALL_MS, so that one that has stopped reading does not occupy an export. A page can have several megabytes. */
const PIECE_BYTES = 65_536;
const MAX_STALL_MS = MINUTE_MS;
const RETRY_AFTER_SECONDS = 5;

/**
 * Streams all records of a range. Each page is a short statement that continues behind the last record, so a slow client holds neither a transaction nor
 * a connection of the pool, and memory does not depend on the range. Records that arrive meanwhile are in the export when they are behind its position.
 *
 * An error after the first page, and a stop of the gateway, break the connection in the middle of the answer: without the last chunk of HTTP/1.1 no client takes
 * the file for complete.
 */
@Injectable()
export class TelemetryExports implements BeforeApplicationShutdown {
  private readonly logger = new Logger(TelemetryExports.name);
  private readonly streams = new Set<Readable>();
  /** With those whose first page is being read. */
  private running = 0;
  private isStopping = false;

  constructor(
    private readonly settings: TelemetrySettings,
    private readonly reader: TelemetryReaderRepository,
  ) {}

  /** The first page has been read, so that most errors come before the answer. Throws TooManyExportsError, StoppingError. The export ends when its stream closes. */
  async open(range: ExportRange, name: ExportName): Promise<OpenExport> {
    if (this.running >= this.settings.TELEMETRY_MAX_EXPORTS) {
      throw new TooManyExportsError(this.settings.TELEMETRY_MAX_EXPORTS);
    }
    this.running++;
    try {
      const first = await this.reader.findHistory({ ...range, after: null, limit: RECORDS_PER_PAGE });
      if (this.isStopping) {
        throw new StoppingError();
      }
      return { readable: this.stream(range, first, formatOf(range, name)), isEmpty: first.rows.length === 0 };
    } catch (error) {
      this.running--;
      throw error;
    }
  }

  /** An export can take longer than a stop may. */
  beforeApplicationShutdown(): void {
    this.isStopping = true;
    this.streams.forEach((stream) => stream.destroy(new Error('The gateway is stopping')));
  }

  private stream(range: ExportRange, first: RecordsPage, format: ExportFormat): Readable {
    // One page is read ahead of what the socket takes, and no more.
    const stream: Readable = Readable.from(
      watchStalls(piecesOf(this.texts(range, first, format)), () => stream.destroy(new Error('The client has stopped reading'))),
      { objectMode: false, highWaterMark: 1 },
    );
    this.streams.add(stream);
    stream.once('error', (error) =>
      this.logger.warn(`An export of the records of ${range.imei} is not complete: ${error.message}`),
    );
    // Not in the generator: one that is closed before its first page runs no `finally`.
    stream.once('close', () => {
      this.streams.delete(stream);
      this.running--;
    });
    return stream;
  }

  private async *texts(range: ExportRange, first: RecordsPage, { head, separator, tail, textOf }: ExportFormat) {
    let before = head;
    for (let page = first; ;) {
      yield before + page.rows.map(textOf).join(separator);
      const last = page.rows.at(-1);
      if (!page.hasMore || !last) {
        break;
      }
      before = separator;
      page = await this.reader.findHistory({ ...range, after: recordCursorOf(last, range.order), limit: RECORDS_PER_PAGE });
      if (page.rows.length === 0) {
        break;
      }
    }
    yield tail;
  }
}

type RecordsPage = Awaited<ReturnType<TelemetryReaderRepository['findHistory']>>;

async function* piecesOf(texts: AsyncGenerator<string>): AsyncGenerator<Buffer> {
  for await (const text of texts) {
    const bytes = Buffer.from(text);
    for (let start = 0; start < bytes.length; start += PIECE_BYTES) {
      yield bytes.subarray(start, start + PIECE_BYTES);
    }
  }
}

/** Calls `onStall` when a piece is not taken in time. */
async function* watchStalls(pieces: AsyncGenerator<Buffer>, onStall: () => void): AsyncGenerator<Buffer> {
  for await (const piece of pieces) {
    const timer = setTimeout(onStall, MAX_STALL_MS);
    try {
      yield piece;
    } finally {
      clearTimeout(timer);
    }
  }
}

function formatOf({ imei, view }: ExportRange, name: ExportName): ExportFormat {
  switch (name) {
    case 'csv':
      return { head: CSV_HEADER, separator: '', tail: '', textOf: (record) => csvRow(record, view) };
    case 'geojson': {
      const head = '{"type":"FeatureCollection","features":[\n';
      return { head, separator: ',\n', tail: '\n]}\n', textOf: (record) => geoJsonFeature(record, view) };
    }
    case 'gpx': {
      const track = new GpxTrack();
      return { head: gpxHead(imei), separator: '', tail: GPX_TAIL, textOf: (record) => track.point(record) };
    }
  }
}

/** As many exports are in progress as this instance allows. */
export class TooManyExportsError extends DomainError {
  override readonly name = 'TooManyExportsError';
  readonly code = 'TOO_MANY_EXPORTS';
  readonly httpStatus = 503;
  override readonly retryAfterSeconds = RETRY_AFTER_SECONDS;

  constructor(max: number) {
    super(`This instance has ${max} exports in progress, try again`);
  }
}
