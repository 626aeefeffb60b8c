import { type Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { DomainError } from '../../platform/errors/errors.js';
import { AnswerStreams } from '../../platform/http/answer-streams.js';
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
const RETRY_AFTER_SECONDS = 5;

/**
 * Streams all records of a range. Each page is a short statement that continues behind the last record, so a slow client holds neither a transaction nor
 * a connection of the pool, and memory does not depend on the range. Records that arrive meanwhile are in the export when they are behind its position.
 */
@Injectable()
export class TelemetryExports {
  /** With those whose first page is being read. */
  private running = 0;

  constructor(
    private readonly settings: TelemetrySettings,
    private readonly reader: TelemetryReaderRepository,
    private readonly answers: AnswerStreams,
  ) {}

  /** The first page has been read, so that most errors come before the answer. Throws TooManyExportsError, StoppingError. The export ends when its stream closes. */
  async open(range: ExportRange, name: ExportName): Promise<OpenExport> {
    if (this.running >= this.settings.TELEMETRY_MAX_EXPORTS) {
      throw new TooManyExportsError(this.settings.TELEMETRY_MAX_EXPORTS);
    }
    this.running++;
    try {
      const first = await this.reader.findHistory({ ...range, after: null, limit: RECORDS_PER_PAGE });
      return { readable: this.stream(range, first, formatOf(range, name)), isEmpty: first.rows.length === 0 };
    } catch (error) {
      this.running--;
      throw error;
    }
  }

  private stream(range: ExportRange, first: RecordsPage, format: ExportFormat): Readable {
    const stream = this.answers.open(this.texts(range, first, format), `An export of the records of ${range.imei}`);
    stream.once('close', () => this.running--);
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
