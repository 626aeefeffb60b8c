import { type RemoteInfo } from 'node:dgram';
import { encodeFrame } from '../../protocol/frame-encoder.js';
import { type Frame } from '../../protocol/frame-splitter.js';
import { ProtocolError } from '../../protocol/protocol-error.js';
import { encodeUdpReply, type UdpChannelPacket } from '../../protocol/udp-channel.js';
import { RateLimiter } from '../limits/rate-limiter.js';
import { logProtocolError } from '../connection/protocol-error-log.js';
import { type ConnectionEnvironment } from '../connection/connection-environment.js';
import { DEVICE_PACKET, type DevicePacket } from '../patterns.js';
import { TeltonikaContext } from '../teltonika.context.js';

/** What stands where a connection has its id. */
const NO_CONNECTION = 'udp';
const MS = 1_000;

/** Where a datagram says it comes from. A claim: nothing has ever been sent there. */
export interface UdpSender {
  /** As the system wrote it, for the answer. */
  readonly sender: RemoteInfo;
  /** An IPv4 address within IPv6 is shown as IPv4. */
  readonly remoteAddress: string;
}

/**
 * What becomes of the packets of a datagram. Each is one of six: one too many of its device in this second, refused (its device may not talk), rejected (its bytes can't be accepted),
 * answered, answered because it was put into quarantine, or unanswered. Only a packet with records is ever answered, and its answer is
 * shorter than it is: whoever forges addresses gains nothing here.
 */
export class UdpExchange {
  /** A TCP device is slowed down; without a connection, what is too much stays unanswered and is sent again. */
  private readonly deviceRate: RateLimiter;

  constructor(
    private readonly environment: ConnectionEnvironment,
    private readonly send: (answer: Buffer, to: UdpSender) => Promise<void>,
  ) {
    this.deviceRate = new RateLimiter(environment.options.maxFramesPerSecond);
  }

  /** Never rejects. */
  async take(
    datagram: Buffer,
    packets: readonly UdpChannelPacket[],
    error: ProtocolError | null,
    from: UdpSender,
  ): Promise<void> {
    const readAt = performance.now();
    for (const imei of new Set(packets.map((packet) => packet.imei))) {
      this.environment.trace.see('in', this.peer(imei, from), datagram);
    }
    if (error) {
      this.reject(error, from);
    }
    // Side by side: their records are to travel in one commit.
    await Promise.all(packets.map((packet) => this.settle(packet, from, readAt)));
  }

  private async settle(packet: UdpChannelPacket, from: UdpSender, readAt: number): Promise<void> {
    const { counters, trace } = this.environment;
    try {
      const count = await this.store(packet, from);
      if (count === null) {
        return;
      }
      if (count === 0) {
        counters.udp.unanswered++;
        return;
      }
      const answer = encodeUdpReply(packet.packetId, packet.avlPacketId, count);
      trace.see('out', this.peer(packet.imei, from), answer);
      await this.send(answer, from);
      counters.udp.answered++;
      counters.countAcknowledgement((performance.now() - readAt) / MS);
    } catch {
      // The handler has logged its reason. No answer is the message to the device, which will send again.
      counters.udp.unanswered++;
    }
  }

  /** The count to answer with; null: no answer, and that is counted. Rejects when the handlers fail. */
  private async store(packet: UdpChannelPacket, from: UdpSender): Promise<number | null> {
    const { ask, counters, frames, options } = this.environment;
    const { imei, data } = packet;
    if (!this.deviceRate.take(imei)) {
      counters.udp.packetsLimited++;
      return null;
    }
    const bytes = encodeFrame(data);
    if (bytes.length > options.maxFrameBytes) {
      this.reject(new ProtocolError('BAD_LENGTH', `a data field of ${data.length} bytes is too long`, 0), from);
      return null;
    }
    const context = new TeltonikaContext([imei, NO_CONNECTION, from.remoteAddress, 0]);
    if (!(await ask<boolean>(DEVICE_PACKET, { imei } satisfies DevicePacket, context))) {
      counters.udp.refused++;
      return null;
    }
    const frame: Frame = { codec: data[0]!, count: data[1]!, data, bytes };
    const outcome = await frames.handleUnchecked(frame, context, Date.now());
    if (outcome.kind === 'acknowledge') {
      return outcome.count;
    }
    counters.udp.rejected++;
    return null;
  }

  private reject(error: ProtocolError, { remoteAddress }: UdpSender): void {
    this.environment.counters.udp.rejected++;
    logProtocolError(this.environment, error, { connectionId: NO_CONNECTION, remoteAddress, listener: 'UDP' });
  }

  private peer(imei: string, { remoteAddress }: UdpSender): { imei: string; connectionId: string; remoteAddress: string } {
    return { imei, connectionId: NO_CONNECTION, remoteAddress };
  }
}
