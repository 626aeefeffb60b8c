import { type Readable } from 'node:stream';
import { Controller, Get, Header, Param, Query, Req, Res, StreamableFile } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '../../platform/http/open-api-decorators.js';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { DomainError, InvalidInputError } from '../../platform/errors/errors.js';
import { preferredType } from '../../platform/http/accept.js';
import { ApiProblem } from '../../platform/http/api-route.js';
import { DAY_MS } from '../../platform/time-units.js';
import { ImeiParam, YEARS } from '../../platform/http/request-values.js';
import { IO_ELEMENTS } from '../../protocol/io-dictionary.js';
import { IoElementDto, type IoElementListDto } from './io-element.dto.js';
import { LatestListDto, LatestListQuery } from './latest-list.dto.js';
import { RecordViewQuery, TelemetryHistoryQuery, TrackQuery } from './telemetry-query.dto.js';
import { EXPORT_TYPES, type ExportName } from './telemetry-exports.js';
import { GPX_RESPONSE, HISTORY_RESPONSE } from './export-document.js';
import { TelemetryHistoryDto, TelemetryLatestDto } from './telemetry-record.dto.js';
import { TelemetryService } from './telemetry.service.js';

/** Of answers whose text is written by hand, which Fastify would take for plain text. */
const JSON_TYPE = 'application/json; charset=utf-8';

const HISTORY_TYPES = ['application/json', 'text/csv', 'application/geo+json'] as const;
const EXPORT_UNAVAILABLE = 'TOO_MANY_EXPORTS: this instance streams as many exports as TELEMETRY_MAX_EXPORTS allows';

@ApiTags('Telemetry')
@Controller()
export class TelemetryController {
  constructor(private readonly telemetry: TelemetryService) {}

  /**
   * A device's records in the order of the device's clock. As JSON page by page; with `Accept: text/csv` or `Accept: application/geo+json` the whole range as a stream,
   * without `limit` and `cursor`. A stream that fails breaks the connection, so that it does not look complete. So does one of which a client takes less than 64 KiB in a minute.
   */
  @Get('devices/:imei/telemetry')
  @ApiOperation({ operationId: 'getTelemetryHistory' })
  @ApiExtraModels(TelemetryHistoryDto)
  @ApiResponse(HISTORY_RESPONSE)
  @ApiProblem(404, 'DEVICE_UNKNOWN: the device has no records and is not connected')
  @ApiProblem(406, 'NOT_ACCEPTABLE: `Accept` allows none of the types of this route')
  @ApiProblem(503, EXPORT_UNAVAILABLE)
  async history(
    @Param() { imei }: ImeiParam,
    @Query() query: TelemetryHistoryQuery,
    @Req() { headers, query: given }: FastifyRequest<{ Querystring: Record<string, unknown> }>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string | StreamableFile> {
    void reply.header('vary', 'accept');
    switch (preferredType(headers.accept, HISTORY_TYPES)) {
      case 'application/json':
        void reply.header('content-type', JSON_TYPE);
        return this.telemetry.history(imei, query);
      case 'text/csv':
        return this.export(imei, query, given, 'csv');
      case 'application/geo+json':
        return this.export(imei, query, given, 'geojson');
      case null:
        throw new NotAcceptableError(HISTORY_TYPES);
    }
  }

  private async export(
    imei: string,
    query: TelemetryHistoryQuery,
    given: Record<string, unknown>,
    name: 'csv' | 'geojson',
  ): Promise<StreamableFile> {
    if ('limit' in given || 'cursor' in given) {
      throw new InvalidInputError('limit and cursor belong to pages of JSON; a stream has all records from `from` to `to`');
    }
    return fileOf(await this.telemetry.export(imei, query, name), name, imei);
  }

  /** The track of a device on one day (UTC) as GPX 1.1. Records without a fix are left out; a gap of more than ten minutes begins a new segment. */
  @Get('devices/:imei/telemetry/gpx')
  @ApiOperation({ operationId: 'getTelemetryTrack' })
  @ApiResponse(GPX_RESPONSE)
  @ApiProblem(404, 'DEVICE_UNKNOWN: the device has no records and is not connected')
  @ApiProblem(503, EXPORT_UNAVAILABLE)
  async track(@Param() { imei }: ImeiParam, @Query() { date }: TrackQuery): Promise<StreamableFile> {
    const end = new Date(date.getTime() + DAY_MS);
    const to = end.getUTCFullYear() > YEARS.to ? null : end;
    const range = { ...(to && { to }), from: date, order: 'oldest', view: 'raw' } as const;
    return fileOf(await this.telemetry.export(imei, range, 'gpx'), 'gpx', `${imei}-${date.toISOString().slice(0, 10)}`);
  }

  /** A device's newest record by its own clock, also when older ones arrived after it. */
  @Get('devices/:imei/telemetry/latest')
  @ApiOperation({ operationId: 'getLatestTelemetry' })
  @ApiProblem(
    404,
    'DEVICE_UNKNOWN: the device has no records and is not connected. NO_TELEMETRY: the device is connected and has no records',
  )
  @Header('content-type', JSON_TYPE)
  @ApiOkResponse({ type: TelemetryLatestDto })
  async latest(@Param() { imei }: ImeiParam, @Query() { view }: RecordViewQuery): Promise<string> {
    return this.telemetry.latest(imei, view);
  }

  /**
   * The newest records of many devices, by their own clocks: of those that `imeis` names, or of all devices with records. A page ends at 4 MB. Devices that have only
   * records more than two days ahead are left out. With DATABASE_READ_URL the answer may be up to DATABASE_READ_MAX_LAG_SECONDS old.
   */
  @Get('telemetry/latest')
  @ApiOperation({ operationId: 'listLatestTelemetry' })
  @Header('content-type', JSON_TYPE)
  @ApiOkResponse({ type: LatestListDto })
  async latestOfMany(@Query() query: LatestListQuery): Promise<string> {
    return this.telemetry.latestOfMany(query);
  }

  /** The dictionary of AVL ids. */
  @Get('io-elements')
  @ApiOperation({ operationId: 'listIoElements' })
  ioElements(): IoElementListDto {
    const elements = IO_ELEMENTS.map((definition) => IoElementDto.from(definition));
    return { success: true, count: elements.length, elements };
  }
}

function fileOf(stream: Readable, name: ExportName, title: string): StreamableFile {
  return new StreamableFile(stream, { type: EXPORT_TYPES[name], disposition: `attachment; filename="${title}.${name}"` });
}

class NotAcceptableError extends DomainError {
  override readonly name = 'NotAcceptableError';
  readonly code = 'NOT_ACCEPTABLE';
  readonly httpStatus = 406;

  constructor(types: readonly string[]) {
    super(`This route answers with ${types.join(', ')}`);
  }
}
