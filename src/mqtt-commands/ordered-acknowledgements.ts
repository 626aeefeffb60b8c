interface Received {
  readonly packetId: number;
  isDone: boolean;
  onDecided: ((isWritten: boolean) => void)[];
}

/** Acknowledges messages in the order in which they were received, as MQTT 5 requires (section 4.6), whichever is done first. */
export class OrderedAcknowledgements {
  private received: Received[] = [];
  private isAbandoned = false;

  constructor(private readonly write: (packetId: number) => void) {}

  /** Messages that are received and not acknowledged. */
  get count(): number {
    return this.received.length;
  }

  /** Returns what is to be called when the message is done: it resolves with whether its acknowledgement has been written. */
  receive(packetId: number): () => Promise<boolean> {
    const message: Received = { packetId, isDone: false, onDecided: [] };
    this.received.push(message);
    return () => {
      if (this.isAbandoned) {
        return Promise.resolve(false);
      }
      return new Promise((resolve) => {
        message.onDecided.push(resolve);
        message.isDone = true;
        this.writeDone();
      });
    };
  }

  /** The connection has ended: nothing is written any more. */
  abandon(): void {
    this.isAbandoned = true;
    this.received.flatMap(({ onDecided }) => onDecided).forEach((decide) => decide(false));
    this.received = [];
  }

  private writeDone(): void {
    for (let first = this.received[0]; first?.isDone === true; first = this.received[0]) {
      this.received.shift();
      this.write(first.packetId);
      first.onDecided.forEach((decide) => decide(true));
    }
  }
}
