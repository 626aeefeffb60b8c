import { setImmediate } from 'node:timers/promises';
import { decodeRecords } from '../src/protocol/avl-decoder.js';
import { crc16 } from '../src/protocol/crc16.js';
import { FrameSplitter } from '../src/protocol/frame-splitter.js';
import { buildFrame } from './tft100-records.js';

const RECORDS_PER_FRAME = 10;
const DISTINCT_FRAMES = 64;
const MAX_FRAME_BYTES = 16 * 1024;
const WARM_UP_MS = 1000;
const MEASURED_MS = 3000;
const CRC_MEASURED_MS = 1000;
const PASSES_PER_SLICE = 20;

export interface DecodeFigures {
  readonly recordsPerSecond: number;
  readonly framesPerSecond: number;
  readonly megabytesPerSecond: number;
  /** The CRC alone, over the same frames. */
  readonly crcMegabytesPerSecond: number;
  readonly frameBytes: number;
}

/** One core, from bytes off the socket to records: frame splitter, CRC, decoder. One chunk holds one frame, as it mostly does. */
export async function benchDecode(): Promise<DecodeFigures> {
  const frames = Array.from({ length: DISTINCT_FRAMES }, (_, index) => buildFrame(index * RECORDS_PER_FRAME, RECORDS_PER_FRAME));
  const bytesPerPass = frames.reduce((sum, frame) => sum + frame.length, 0);
  const splitter = new FrameSplitter(MAX_FRAME_BYTES);
  const decodeAll = () => {
    for (const frame of frames) {
      decodeOne(splitter, frame);
    }
  };
  await passesPerSecond(decodeAll, WARM_UP_MS);
  const decodePasses = await passesPerSecond(decodeAll, MEASURED_MS);
  const crcPasses = await passesPerSecond(() => frames.forEach((frame) => crc16(frame)), CRC_MEASURED_MS);
  return {
    recordsPerSecond: Math.round(decodePasses * DISTINCT_FRAMES * RECORDS_PER_FRAME),
    framesPerSecond: Math.round(decodePasses * DISTINCT_FRAMES),
    megabytesPerSecond: Math.round((decodePasses * bytesPerPass) / 1e6),
    crcMegabytesPerSecond: Math.round((crcPasses * bytesPerPass) / 1e6),
    frameBytes: Math.round(bytesPerPass / DISTINCT_FRAMES),
  };
}

function decodeOne(splitter: FrameSplitter, chunk: Buffer): void {
  splitter.push(chunk);
  const frame = splitter.next();
  if (frame === null || decodeRecords(frame.data).length !== RECORDS_PER_FRAME) {
    throw new Error('the benchmark frame was not decoded whole');
  }
}

/** Lets the event loop turn between slices, as a gateway does. */
async function passesPerSecond(pass: () => void, durationMs: number): Promise<number> {
  const startedAt = performance.now();
  let passes = 0;
  let elapsedMs = 0;
  while (elapsedMs < durationMs) {
    for (let i = 0; i < PASSES_PER_SLICE; i++) {
      pass();
    }
    passes += PASSES_PER_SLICE;
    await setImmediate();
    elapsedMs = performance.now() - startedAt;
  }
  return (passes * 1000) / elapsedMs;
}
