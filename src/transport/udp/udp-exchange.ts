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

/** In place of the id of a connection. */
const NO_CONNECTION = 'udp';
const MS = 1_000;

/** The source address of a datagram. It may be forged: no handshake has confirmed it. */
export interface UdpSender {
  /** As the system reports it, for the answer. */
  readonly sender: RemoteInfo;
  /** An IPv4 address within IPv6 is written as IPv4. */
  readonly remoteAddress: string;
}

/**
 * Handles the packets of a datagram. A packet is limited (its device is over its rate limit), refused (its device is not admitted), rejected (its
 * bytes are not valid), answered (its records are stored or in quarantine), or unanswered. Only packets with records are answered, and the
 * answer is shorter than the packet, so the port can't be used to amplify an attack with forged addresses.
 */
export class UdpExchange {
  /** Packets above the rate are not answered, and the device sends them again. Frames of a TCP connection are delayed instead. */
  private readonly deviceLimiter: RateLimiter;

  constructor(
    private readonly environment: ConnectionEnvironment,
    private readonly send: (answer: Buffer, to: UdpSender) => Promise<void>,
  ) {
    this.deviceLimiter = new RateLimiter(environment.options.maxFramesPerSecond);
  }

  /** Never rejects. */
  async handle(
    datagram: Buffer,
    packets: readonly UdpChannelPacket[],
    error: ProtocolError | null,
    from: UdpSender,
  ): Promise<void> {
    const readAt = performance.now();
    for (const imei of new Set(packets.map((packet) => packet.imei))) {
      this.environment.trace.record('in', this.peer(imei, from), datagram);
    }
    if (error) {
      this.reject(error, from);
    }
    // Concurrently, so that their records share a commit.
    await Promise.all(packets.map((packet) => this.handlePacket(packet, from, readAt)));
  }

  private async handlePacket(packet: UdpChannelPacket, from: UdpSender, readAt: number): Promise<void> {
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
      trace.record('out', this.peer(packet.imei, from), answer);
      await this.send(answer, from);
      counters.udp.answered++;
      counters.countAcknowledgement((performance.now() - readAt) / MS);
    } catch {
      // The handler has logged its error. Without an answer the device sends the packet again.
      counters.udp.unanswered++;
    }
  }

  /** Resolves with the count to answer, or with null when the packet gets no answer and was counted. Rejects when a handler fails. */
  private async store(packet: UdpChannelPacket, from: UdpSender): Promise<number | null> {
    const { callHandler, counters, frames, options } = this.environment;
    const { imei, data } = packet;
    if (!this.deviceLimiter.take(imei)) {
      counters.udp.packetsLimited++;
      return null;
    }
    const bytes = encodeFrame(data);
    if (bytes.length > options.maxFrameBytes) {
      this.reject(
        new ProtocolError('BAD_LENGTH', `data field has ${data.length} bytes, which is more than the largest frame`, 0),
        from,
      );
      return null;
    }
    const context = new TeltonikaContext([imei, NO_CONNECTION, from.remoteAddress, 0]);
    if (!(await callHandler<boolean>(DEVICE_PACKET, { imei } satisfies DevicePacket, context))) {
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
