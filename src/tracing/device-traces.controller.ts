import { Body, Controller, Delete, Get, Param, Put } from '@nestjs/common';
import { ApiOperation, ApiTags } from '../platform/http/open-api-decorators.js';
import { RequireScope } from '../access/route-access.decorator.js';
import { Actor, type AuditActor } from '../access/audit/audit-actor.js';
import { ApiProblem } from '../platform/http/api-route.js';
import { ImeiParam } from '../platform/http/request-values.js';
import {
  DEFAULT_TTL_SECONDS,
  type DeviceTraceAnswerDto,
  type DeviceTraceListDto,
  StartTraceDto,
  type TracedBytesAnswerDto,
} from './device-trace.dto.js';
import { DeviceTraces } from './device-traces.js';
import { TracedBytes } from './traced-bytes.js';

@ApiTags('Log')
@Controller('log/devices')
export class DeviceTracesController {
  constructor(
    private readonly traces: DeviceTraces,
    private readonly bytes: TracedBytes,
  ) {}

  /** Devices whose bytes the answering instance logs. */
  @Get()
  @ApiOperation({ operationId: 'listDeviceTraces' })
  list(): DeviceTraceListDto {
    const traces = this.traces.list().map((trace) => ({ ...trace, traced: true }));
    return { success: true, count: traces.length, traces };
  }

  /** Whether the answering instance logs a device's bytes. */
  @Get(':imei')
  @ApiOperation({ operationId: 'getDeviceTrace' })
  find(@Param() { imei }: ImeiParam): DeviceTraceAnswerDto {
    const until = this.traces.find(imei);
    return { success: true, trace: { imei, traced: until !== undefined, until: until ?? null } };
  }

  /**
   * The newest bytes of a device under trace, from and to all instances: at most 200 chunks and 32 KB. Bytes of another instance arrive within a second. They
   * are gone when the trace ends.
   */
  @Get(':imei/bytes')
  @RequireScope('admin')
  @ApiOperation({ operationId: 'listTracedBytes' })
  listBytes(@Param() { imei }: ImeiParam): TracedBytesAnswerDto {
    const until = this.traces.find(imei);
    const trace = { imei, traced: until !== undefined, until: until ?? null };
    return { success: true, trace, chunks: [...this.bytes.find(imei)] };
  }

  /** Logs every byte sent and received by a device, in hex, on all instances, for an hour or for `ttlSeconds`. */
  @Put(':imei')
  @ApiOperation({ operationId: 'startDeviceTrace' })
  @ApiProblem(409, 'TOO_MANY_TRACES')
  async start(
    @Param() { imei }: ImeiParam,
    @Body() { ttlSeconds = DEFAULT_TTL_SECONDS }: StartTraceDto,
    @Actor() actor: AuditActor,
  ): Promise<DeviceTraceAnswerDto> {
    return { success: true, trace: { imei, traced: true, until: await this.traces.start(imei, ttlSeconds, actor) } };
  }

  /** Stops logging the bytes of a device on all instances. */
  @Delete(':imei')
  @ApiOperation({ operationId: 'stopDeviceTrace' })
  async stop(@Param() { imei }: ImeiParam, @Actor() actor: AuditActor): Promise<DeviceTraceAnswerDto> {
    await this.traces.stop(imei, actor);
    return { success: true, trace: { imei, traced: false, until: null } };
  }
}
