import { Controller, Delete, Get, Param, StreamableFile } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '../platform/http/open-api-decorators.js';
import { Actor, type AuditActor } from '../access/audit/audit-actor.js';
import { RequireScope } from '../access/route-access.decorator.js';
import { ApiProblem } from '../platform/http/api-route.js';
import { ImeiParam } from '../platform/http/request-values.js';
import { type ErasureDto } from './device-data.dto.js';
import { DeviceDataService } from './device-data.service.js';

@ApiTags('Device data')
@Controller('devices/:imei/data')
@RequireScope('admin')
export class DeviceDataController {
  constructor(private readonly data: DeviceDataService) {}

  /**
   * Everything that is stored about a device, as JSON Lines. The first line is `{"kind":"export"}`, each row is a line `{"kind":…,"data":{…}}` with the columns of the schema,
   * and the last line is `{"kind":"end","counts":{…}}`. An export without its last line is not complete: its connection was broken.
   */
  @Get()
  @ApiOperation({ operationId: 'exportDeviceData' })
  @ApiResponse({
    status: 200,
    description: 'One JSON object a line.',
    content: {
      'application/x-ndjson': {
        schema: { type: 'string' },
        example: '{"kind":"export","imei":"350612345678901","startedAt":"2026-11-23T12:00:00.000Z"}\n',
      },
    },
  })
  @ApiProblem(503, 'TOO_MANY_EXPORTS: this instance streams two exports of devices already')
  async export(@Param() { imei }: ImeiParam, @Actor() actor: AuditActor): Promise<StreamableFile> {
    const stream = await this.data.export(imei, actor);
    return new StreamableFile(stream, {
      type: 'application/x-ndjson; charset=utf-8',
      disposition: `attachment; filename="${imei}.ndjson"`,
    });
  }

  /**
   * Erases what was stored about a device until now, in small steps, and answers with a receipt when it is done. It can be repeated. The audit, the registration and a ban stay;
   * events that were not delivered are not delivered any more. Copies outside the database stay: backups, log files, what the host has received.
   */
  @Delete()
  @ApiOperation({ operationId: 'eraseDeviceData' })
  async erase(@Param() { imei }: ImeiParam, @Actor() actor: AuditActor): Promise<ErasureDto> {
    return { success: true, receipt: await this.data.erase(imei, actor) };
  }
}
