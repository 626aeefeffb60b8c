import { Controller, Get, Header, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiProblem } from '../../platform/http/api-route.js';
import { ImeiParam } from '../../platform/http/request-values.js';
import { IO_ELEMENTS } from '../../protocol/io-dictionary.js';
import { IoElementDto, type IoElementListDto } from './io-element.dto.js';
import { RecordViewQuery, TelemetryHistoryQuery } from './telemetry-query.dto.js';
import { TelemetryHistoryDto, TelemetryLatestDto } from './telemetry-record.dto.js';
import { TelemetryService } from './telemetry.service.js';

/** Of answers whose text is written by hand, which Fastify would take for plain text. */
const JSON_TYPE = 'application/json; charset=utf-8';

@ApiTags('Telemetry')
@Controller()
export class TelemetryController {
  constructor(private readonly telemetry: TelemetryService) {}

  /** A device's records, page by page, in the order of the device's clock. */
  @Get('devices/:imei/telemetry')
  @ApiOperation({ operationId: 'getTelemetryHistory' })
  @ApiProblem(404, 'DEVICE_UNKNOWN: the device has no records and is not connected')
  @Header('content-type', JSON_TYPE)
  @ApiOkResponse({ type: TelemetryHistoryDto })
  async history(@Param() { imei }: ImeiParam, @Query() query: TelemetryHistoryQuery): Promise<string> {
    return this.telemetry.history(imei, query);
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

  /** The dictionary of AVL ids. */
  @Get('io-elements')
  @ApiOperation({ operationId: 'listIoElements' })
  ioElements(): IoElementListDto {
    const elements = IO_ELEMENTS.map((definition) => IoElementDto.from(definition));
    return { success: true, count: elements.length, elements };
  }
}
