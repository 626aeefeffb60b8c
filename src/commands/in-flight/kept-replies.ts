import { Injectable } from '@nestjs/common';
import { type DeviceMessageFrame } from '../../transport/patterns.js';

/** The connection a reply came by. Its identity, with the attempt that it answers. */
export interface ReplyOrigin {
  readonly imei: string;
  readonly connectionId: string;
  readonly epoch: number;
}

/** A message of a device, with the connection that it came by. */
export interface DeviceReply extends ReplyOrigin {
  readonly frame: DeviceMessageFrame;
}

export interface KeptReplyLimits {
  readonly perDevice: { readonly replies: number; readonly bytes: number };
  readonly inTotal: { readonly replies: number; readonly bytes: number };
}

const LIMITS: KeptReplyLimits = {
  perDevice: { replies: 100, bytes: 262_144 },
  inTotal: { replies: 20_000, bytes: 33_554_432 },
};

interface DeviceQueue {
  readonly replies: DeviceReply[];
  bytes: number;
  readonly whenEmpty: (() => void)[];
}

/**
 * Replies that could not be stored because the database is unavailable, in the order in which each device sent them. They outlive their connection, not
 * the process. Bounded: while there is no room, `add` waits, and the connection of the device is not read.
 */
@Injectable()
export class KeptReplies {
  private readonly queues = new Map<string, DeviceQueue>();
  private readonly waitingForRoom: (() => void)[] = [];
  private replies = 0;
  private bytes = 0;

  constructor(private readonly limits: KeptReplyLimits = LIMITS) {}

  /** Those that wait for room are counted too. */
  get count(): number {
    return this.replies + this.waitingForRoom.length;
  }

  get devices(): readonly string[] {
    return [...this.queues.keys()];
  }

  has(imei: string): boolean {
    return this.queues.has(imei);
  }

  /** Resolves with whether it is the first of its device: the caller then has to store the queue of this device. */
  async add(reply: DeviceReply): Promise<boolean> {
    while (!this.hasRoom(reply)) {
      await new Promise<void>((resolve) => this.waitingForRoom.push(resolve));
    }
    const size = bytesOf(reply);
    const queue = this.queues.get(reply.imei) ?? { replies: [], bytes: 0, whenEmpty: [] };
    this.queues.set(reply.imei, queue);
    queue.replies.push(copyOf(reply));
    queue.bytes += size;
    this.replies++;
    this.bytes += size;
    return queue.replies.length === 1;
  }

  /** The oldest reply of a device; null when none is kept. */
  first(imei: string): DeviceReply | null {
    return this.queues.get(imei)?.replies[0] ?? null;
  }

  removeFirst(imei: string): void {
    const queue = this.queues.get(imei);
    const removed = queue?.replies.shift();
    if (!queue || !removed) {
      return;
    }
    queue.bytes -= bytesOf(removed);
    this.replies--;
    this.bytes -= bytesOf(removed);
    if (queue.replies.length === 0) {
      this.queues.delete(imei);
      queue.whenEmpty.forEach((resolve) => resolve());
    }
    this.waitingForRoom.splice(0).forEach((resolve) => resolve());
  }

  /** Resolves when nothing of this device is kept. */
  whenEmpty(imei: string): Promise<void> {
    const queue = this.queues.get(imei);
    return queue ? new Promise((resolve) => queue.whenEmpty.push(resolve)) : Promise.resolve();
  }

  /** One larger than a whole limit passes when it is alone. */
  private hasRoom(reply: DeviceReply): boolean {
    const { perDevice, inTotal } = this.limits;
    const queue = this.queues.get(reply.imei);
    const size = bytesOf(reply);
    const fitsDevice = !queue || (queue.replies.length < perDevice.replies && queue.bytes + size <= perDevice.bytes);
    return fitsDevice && (this.replies === 0 || (this.replies < inTotal.replies && this.bytes + size <= inTotal.bytes));
  }
}

/** The payload is a view into the bytes of the connection. */
function copyOf({ frame, ...origin }: DeviceReply): DeviceReply {
  return { ...origin, frame: { ...frame, message: { ...frame.message, payload: Buffer.from(frame.message.payload) } } };
}

function bytesOf({ frame }: DeviceReply): number {
  return frame.message.payload.length;
}
