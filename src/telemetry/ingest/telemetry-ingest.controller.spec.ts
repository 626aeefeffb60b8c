import { type DeviceLog } from '../../diagnosis/device-log.js';
import { TelemetryFrame } from '../../transport/patterns.js';
import { TeltonikaContext } from '../../transport/teltonika.context.js';
import { type IncomingFrame } from '../storage/record-batch.js';
import { type RejectedFrames } from './rejected-frames.js';
import { TelemetryIngestController } from './telemetry-ingest.controller.js';
import { type TelemetryWriter } from './telemetry-writer.js';

it('fails only the frame that the writer cannot take, not those that arrived beside it', () => {
  const written: string[] = [];
  const failed: unknown[] = [];
  const error = new Error('cannot be encoded');
  const write = ({ imei, isByUdp }: IncomingFrame): void => {
    if (imei === 'b') {
      throw error;
    }
    written.push(`${imei} ${isByUdp ? 'by UDP' : 'by TCP'}`);
  };
  const controller = new TelemetryIngestController(
    { write } as unknown as TelemetryWriter,
    null as unknown as RejectedFrames,
    null as unknown as DeviceLog,
  );
  const frameOf = (imei: string, epoch: number): TelemetryFrame => {
    const listener = { stored: () => undefined, failed: (reason: unknown) => void failed.push([imei, reason]) };
    return new TelemetryFrame(0x8e, Buffer.alloc(0), 0, [], new TeltonikaContext([imei, imei, '127.0.0.1', epoch]), listener);
  };
  controller.store([frameOf('a', 1), frameOf('b', 1), frameOf('c', 0)]);
  expect(written).toEqual(['a by TCP', 'c by UDP']);
  expect(failed).toEqual([['b', error]]);
});
