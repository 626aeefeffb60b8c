import { Controller } from '@nestjs/common';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';
import { DeviceLog } from '../../diagnosis/device-log.js';
import {
  REJECTED_FRAME,
  TELEMETRY_FRAME,
  type PendingAcknowledgement,
  type RejectedFrame,
  type FrameOutcome,
  type TelemetryFrame,
} from '../../transport/patterns.js';
import { TeltonikaContext } from '../../transport/teltonika.context.js';
import { RejectedFrames } from './rejected-frames.js';
import { TelemetryWriter } from './telemetry-writer.js';

/** Receives records from the transport. What `store` returns is acknowledged to the device, so it is settled after the commit. */
@Controller()
export class TelemetryIngestController {
  constructor(
    private readonly writer: TelemetryWriter,
    private readonly rejected: RejectedFrames,
    private readonly deviceLog: DeviceLog,
  ) {}

  @MessagePattern(TELEMETRY_FRAME)
  store(@Payload() frame: TelemetryFrame, @Ctx() context: TeltonikaContext): PendingAcknowledgement {
    const { imei, remoteAddress, epoch } = context;
    const isByUdp = epoch === 0;
    const { bytes, receivedAtMs } = frame;
    return this.writer.write({ imei, remoteAddress, bytes, receivedAtMs, isByUdp, records: frame.takeRecords() });
  }

  @MessagePattern(REJECTED_FRAME)
  async reject(@Payload() frame: RejectedFrame, @Ctx() context: TeltonikaContext): Promise<FrameOutcome> {
    this.deviceLog.tally('rejected_frames', context.imei, frame.error.code, 1);
    return this.rejected.decide(context.imei, context.remoteAddress, frame);
  }
}
