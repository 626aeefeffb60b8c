import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Instance } from '../platform/cluster/cluster-membership.js';
import { InstanceChannel } from '../platform/cluster/instance-channel.js';
import { InstancesRepository } from '../platform/cluster/instances.repository.js';
import { Periodic } from '../platform/scheduling/periodic-tasks.js';
import { DeviceTrace, type TracedChunk } from '../transport/device-trace.js';
import { type TracedChunkDto } from './device-trace.dto.js';

const TOPIC = 'trace-bytes';
const FORWARD_EVERY_MS = 500;
/** Of one chunk: twice as many characters in hex fit into a NOTIFY, which PostgreSQL limits to 8,000 bytes. The log has the whole chunk. */
const MAX_CHUNK_BYTES = 1_536;
const MAX_MESSAGE_CHARACTERS = 7_500;
/** Of one device. With 100 traces these are 6 MB. */
const MAX_KEPT_BYTES = 32_768;
const MAX_KEPT_CHUNKS = 200;
/** That wait to be forwarded. A device that sends more within half a second has a gap in its numbers at the other instances. */
const MAX_WAITING_CHUNKS = 64;

/**
 * The newest bytes of the devices under trace, for people who watch them. Each instance holds those of all instances: the ones of its own connections, and
 * those that the others have forwarded by NOTIFY. They are in memory only; the log keeps them.
 */
@Injectable()
export class TracedBytes implements OnModuleInit {
  /** By IMEI, the oldest first. */
  private readonly kept = new Map<string, TracedChunkDto[]>();
  private waiting: (readonly [imei: string, chunk: TracedChunkDto])[] = [];
  private lastNumber = 0;

  constructor(
    private readonly trace: DeviceTrace,
    private readonly channel: InstanceChannel,
    private readonly instance: Instance,
    private readonly instances: InstancesRepository,
  ) {}

  onModuleInit(): void {
    this.channel.handle(TOPIC, { onMessage: (text) => this.receive(text), onListening: () => undefined });
    this.trace.onChunk = (chunk) => this.add(chunk);
  }

  /** The oldest first. */
  find(imei: string): readonly TracedChunkDto[] {
    return (this.kept.get(imei) ?? []).toSorted((one, other) => one.at.getTime() - other.at.getTime());
  }

  /** Replaces the set of devices under trace. What was kept of others is forgotten. */
  watch(imeis: Iterable<string>): void {
    const wanted = new Set(imeis);
    this.trace.watch(wanted);
    for (const imei of this.kept.keys()) {
      if (!wanted.has(imei)) {
        this.kept.delete(imei);
      }
    }
    wanted.forEach((imei) => this.kept.set(imei, this.kept.get(imei) ?? []));
  }

  @Periodic({ everyMs: FORWARD_EVERY_MS, failure: 'Traced bytes could not be forwarded to the other instances' })
  async forward(): Promise<void> {
    const waiting = this.waiting.map((entry) => JSON.stringify(entry));
    this.waiting = [];
    for (let first = 0, next = 0; first < waiting.length; first = next) {
      let length = 0;
      for (; next < waiting.length && (next === first || length + waiting[next]!.length < MAX_MESSAGE_CHARACTERS); next++) {
        length += waiting[next]!.length + 1;
      }
      await this.instances.notifyOthers(this.instance.id, TOPIC, `[${waiting.slice(first, next).join(',')}]`);
    }
  }

  private add({ imei, direction, connectionId, remoteAddress, bytes }: TracedChunk): void {
    const chunk: TracedChunkDto = {
      instance: this.instance.name,
      number: ++this.lastNumber,
      at: new Date(),
      direction,
      connectionId,
      remoteAddress,
      size: bytes.length,
      hex: bytes.toString('hex', 0, MAX_CHUNK_BYTES),
    };
    this.keep(imei, chunk);
    this.waiting.push([imei, chunk]);
    if (this.waiting.length > MAX_WAITING_CHUNKS) {
      this.waiting.shift();
    }
  }

  private receive(text: string): void {
    for (const [imei, chunk] of JSON.parse(text) as [string, TracedChunkDto][]) {
      this.keep(imei, { ...chunk, at: new Date(chunk.at) });
    }
  }

  private keep(imei: string, chunk: TracedChunkDto): void {
    const chunks = this.kept.get(imei);
    if (!chunks) {
      return;
    }
    chunks.push(chunk);
    let bytes = chunks.reduce((sum, { hex }) => sum + hex.length / 2, 0);
    while (chunks.length > MAX_KEPT_CHUNKS || bytes > MAX_KEPT_BYTES) {
      bytes -= chunks.shift()!.hex.length / 2;
    }
  }
}
