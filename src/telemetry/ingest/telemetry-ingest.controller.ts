import { Controller } from '@nestjs/common';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';
import { DeviceLog } from '../../diagnosis/device-log.js';
import {
  REJECTED_FRAME,
  TELEMETRY_FRAMES,
  type RejectedFrame,
  type FrameOutcome,
  type TelemetryFrame,
} from '../../transport/patterns.js';
import { TeltonikaContext } from '../../transport/teltonika.context.js';
import { RejectedFrames } from './rejected-frames.js';
import { TelemetryWriter } from './telemetry-writer.js';

/** Receives records from the transport. The listener of a frame acknowledges it to the device, so it is called after the commit. */
@Controller()
export class TelemetryIngestController {
  constructor(
    private readonly writer: TelemetryWriter,
    private readonly rejected: RejectedFrames,
    private readonly deviceLog: DeviceLog,
  ) {}

  @MessagePattern(TELEMETRY_FRAMES)
  store(@Payload() frames: readonly TelemetryFrame[]): void {
    for (const frame of frames) {
      try {
        this.write(frame);
      } catch (error) {
        // The frames beside it are not to blame.
        frame.listener.failed(error);
      }
    }
  }

  @MessagePattern(REJECTED_FRAME)
  async reject(@Payload() frame: RejectedFrame, @Ctx() context: TeltonikaContext): Promise<FrameOutcome> {
    this.deviceLog.tally('rejected_frames', context.imei, frame.error.code, 1);
    return this.rejected.decide(context.imei, context.remoteAddress, frame);
  }

  private write(frame: TelemetryFrame): void {
    const { bytes, receivedAtMs, listener } = frame;
    const { imei, remoteAddress, epoch } = frame.context;
    const isByUdp = epoch === 0;
    this.writer.write({ imei, remoteAddress, bytes, receivedAtMs, isByUdp, records: frame.takeRecords() }, listener);
  }
}
