import { type AvlRecord } from '../protocol/avl-record.js';
import { type DeviceMessage } from '../protocol/message.js';
import { type ProtocolError } from '../protocol/protocol-error.js';
import { type TeltonikaContext } from './teltonika.context.js';
import { type DisconnectReason } from './transport-counters.js';

/** The Nest message patterns of this transport. Every handler gets the payload and a TeltonikaContext. */

/** A device logs in. Payload {@link DeviceLogin}. Returns a {@link LoginOutcome} once it is durable. */
export const DEVICE_LOGIN = 'device.login';
/** Event: a device was accepted and is registered. Payload {@link DeviceConnected}. */
export const DEVICE_CONNECTED = 'device.connected';
/** The connection of an accepted device is closed. Payload {@link DeviceDisconnected}. Returns when the session is released. */
export const DEVICE_DISCONNECTED = 'device.disconnected';
/**
 * A packet arrived by UDP, without a login or a connection. Payload {@link DevicePacket}. Returns whether its device is admitted.
 */
export const DEVICE_PACKET = 'device.packet';
/**
 * Records arrived, in one frame or several: those of one turn of the event loop share a call. Payload {@link TelemetryFrame}[], without a context,
 * because each frame has that of its own connection. The return value is not used: each frame is settled by its listener.
 */
export const TELEMETRY_FRAMES = 'telemetry.frames';
/** A message of codec 12 to 15 arrived. Payload {@link DeviceMessageFrame}. The return value is not used. */
export const DEVICE_MESSAGE = 'device.message';
/** A complete frame arrived that is not valid. Payload {@link RejectedFrame}. Returns a {@link FrameOutcome}. */
export const REJECTED_FRAME = 'frame.rejected';

export interface DeviceLogin {
  readonly imei: string;
  readonly connectedAt: Date;
  readonly remotePort: number;
}

/** `superseded`: a newer login of the same device arrived while this one was decided. */
export type LoginOutcome =
  { readonly kind: 'accept'; readonly epoch: number } | { readonly kind: 'refuse' } | { readonly kind: 'superseded' };

export interface DeviceConnected {
  readonly imei: string;
  readonly connectionId: string;
}

export interface DevicePacket {
  readonly imei: string;
}

export interface DeviceDisconnected {
  readonly imei: string;
  readonly epoch: number;
  readonly reason: DisconnectReason;
}

/** Receives the outcome of a frame of records, once. Its methods must not throw. */
export interface AcknowledgementListener {
  /** All records are durable: `count` is to be acknowledged. */
  stored(count: number): void;
  /** The records were not stored. */
  failed(error: unknown): void;
}

/**
 * A decoded frame of records. The views in the records are valid only while the handler runs: copy what is kept.
 *
 * The handler settles it by its listener when the records are stored, and not by a promise of the commit: everything that awaits one stays
 * suspended until then, with everything it holds, and the garbage collector copies it. Measured with 2,000 devices and one record per frame: see
 * docs/performance.md.
 */
export class TelemetryFrame {
  /** The number of records, which acknowledges them. */
  readonly count: number;

  constructor(
    readonly codec: number,
    /** The whole frame, preamble to CRC. A UDP packet is wrapped into a frame. */
    readonly bytes: Buffer,
    readonly receivedAtMs: number,
    private records: readonly AvlRecord[],
    readonly context: TeltonikaContext,
    readonly listener: AcknowledgementListener,
  ) {
    this.count = records.length;
  }

  /**
   * Returns the records once and releases them. Handlers call it before they await anything: who holds the frame until its commit would hold
   * 2 KB of objects per record, which the garbage collector copies. Measured at 200 devices: 310 MB resident instead of 160, and 20 % of the CPU
   * time in the collector instead of 10 %.
   */
  takeRecords(): readonly AvlRecord[] {
    const { records } = this;
    this.records = [];
    return records;
  }
}

export interface DeviceMessageFrame {
  readonly message: DeviceMessage;
  readonly receivedAtMs: number;
}

export interface RejectedFrame {
  readonly error: ProtocolError;
  readonly codec: number;
  /** Number of data 1, as sent by the device. */
  readonly count: number;
  readonly bytes: Buffer;
  readonly receivedAtMs: number;
  /** Whether a valid CRC proves that the bytes arrived as sent. False by UDP, which has no CRC. */
  readonly crcIsRight: boolean;
}

/**
 * How a frame is answered. `acknowledge`: the records are stored. `skip`: no answer, and the next frame is read. `close`: the connection is
 * closed, so that the device reconnects and sends again.
 */
export type FrameOutcome = (
  { readonly kind: 'acknowledge'; readonly count: number } | { readonly kind: 'skip' } | { readonly kind: 'close' }
) & {
  /** Set by the transport: the frame was not valid. */
  readonly isRejected?: boolean;
};

/**
 * Calls the message handler of a pattern. Rejects when the handler fails, and when the pattern has no handler.
 *
 * @param context null for frames of several connections.
 */
export type HandlerCall = <T>(pattern: string, payload: unknown, context: TeltonikaContext | null) => Promise<T>;
