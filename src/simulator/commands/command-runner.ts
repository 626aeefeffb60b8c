import { CODEC_14 } from '../../protocol/codec-ids.js';
import { type Frame } from '../../protocol/frame-splitter.js';
import {
  decodeMessage,
  encodeCodec12Reply,
  encodeCodec14Nack,
  encodeCodec14Reply,
  MESSAGE_TYPE_COMMAND,
  messageText,
} from '../../protocol/message.js';
import { ProtocolError } from '../../protocol/protocol-error.js';
import { type CommandedDevice, executeCommand } from './command-set.js';
import { type Connection } from '../connection/connection.js';
import { type FaultPlan } from '../fault-plan.js';
import { countOne, type TrafficCounters } from '../traffic-counters.js';

/** A command that a device has executed. */
export interface ExecutedCommand {
  readonly text: string;
  /** By the device's clock. */
  readonly atMs: number;
  readonly codec: number;
  /** The reply; null for commands without one. */
  readonly reply: string | null;
  /** False when the connection was lost before the reply. */
  readonly wasAnswered: boolean;
}

interface ReceivedCommand {
  readonly text: string;
  readonly codec: number;
  /** Codec 14 only. */
  readonly imei: string | null;
}

interface RunnerSettings {
  readonly rebootMs: number;
  readonly unknownReply: string | null;
}

/**
 * Queues received commands and executes them in order, between two frames of the device. When the connection is lost, the queue is
 * discarded.
 */
export class CommandRunner {
  readonly executed: ExecutedCommand[] = [];
  private waiting: ReceivedCommand[] = [];

  constructor(
    private readonly device: CommandedDevice,
    private readonly connection: Connection,
    private readonly settings: RunnerSettings,
    private readonly faults: FaultPlan,
    private readonly counters: TrafficCounters,
  ) {}

  add(frame: Frame): void {
    try {
      const message = decodeMessage(frame.data);
      if (message.type === MESSAGE_TYPE_COMMAND) {
        this.waiting.push({ text: messageText(message.payload), codec: message.codec, imei: message.imei });
      } else {
        this.counters.badMessages++;
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) {
        throw error;
      }
      this.counters.badMessages++;
    }
  }

  /** Executes the queued commands. A command may end the connection. */
  runAll(): void {
    while (this.connection.isReady) {
      const command = this.waiting.shift();
      if (command === undefined) {
        return;
      }
      this.run(command);
    }
  }

  discardWaiting(): void {
    this.counters.commandsDiscarded += this.waiting.length;
    this.waiting = [];
  }

  private run(command: ReceivedCommand): void {
    const { imei } = this.device;
    if (command.imei !== null && command.imei !== imei) {
      this.counters.commandsRefused++;
      this.connection.send(encodeCodec14Nack(imei));
      return;
    }
    const atMs = this.device.nowMs;
    const outcome = executeCommand(this.device, command.text, this.settings.unknownReply);
    const reply = outcome.kind === 'reply' ? outcome.text : null;
    const losesReply = reply !== null && this.faults.occurs('dropReply');
    const wasAnswered = reply !== null && !losesReply;
    this.executed.push({ text: command.text, atMs, codec: command.codec, reply, wasAnswered });
    this.counters.commandsExecuted++;
    countOne(this.counters.executedByText, command.text);
    if (outcome.kind === 'restart') {
      this.device.restart();
      this.connection.drop(this.settings.rebootMs);
    } else if (losesReply) {
      this.connection.drop();
    } else if (reply !== null) {
      this.counters.commandsAnswered++;
      this.connection.send(command.codec === CODEC_14 ? encodeCodec14Reply(imei, reply) : encodeCodec12Reply(reply));
    }
  }
}
