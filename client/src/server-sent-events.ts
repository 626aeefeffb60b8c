/** One event of `text/event-stream`. */
export interface ServerSentEvent {
  /** `message` when the server gives none. */
  readonly type: string;
  readonly data: string;
  /** The last id that the server gave, in this event or before. Empty: none yet. */
  readonly id: string;
}

const LINE_END = /\r\n|\n|\r/;

/** Reads `text/event-stream` (HTML Living Standard, "Interpreting an event stream"), wherever its text is cut. */
export class ServerSentEventParser {
  /** The last id, also of a block without data. Empty: none yet. */
  lastId = '';
  /** What the server last asked for with `retry:`. */
  retryMs: number | undefined;
  private rest = '';
  private isFirst = true;
  private id = '';
  private type = '';
  private data: string[] = [];

  push(text: string): ServerSentEvent[] {
    this.rest += text;
    if (this.isFirst && this.rest !== '') {
      this.rest = this.rest.replace(/^\uFEFF/, '');
      this.isFirst = false;
    }
    const events: ServerSentEvent[] = [];
    for (let end = LINE_END.exec(this.rest); end && !this.canGrow(end); end = LINE_END.exec(this.rest)) {
      const event = this.takeLine(this.rest.slice(0, end.index));
      this.rest = this.rest.slice(end.index + end[0].length);
      if (event) {
        events.push(event);
      }
    }
    return events;
  }

  /** A CR at the end of the text can be the first half of CR LF. */
  private canGrow(end: RegExpExecArray): boolean {
    return end[0] === '\r' && end.index === this.rest.length - 1;
  }

  private takeLine(line: string): ServerSentEvent | null {
    if (line === '') {
      return this.endBlock();
    }
    const [, name = '', value = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
    switch (name) {
      case 'data':
        this.data.push(value);
        break;
      case 'event':
        this.type = value;
        break;
      case 'id':
        this.id = value.includes('\0') ? this.id : value;
        break;
      case 'retry':
        this.retryMs = /^\d+$/.test(value) ? Number(value) : this.retryMs;
        break;
      default: // A comment has no name; others are ignored.
    }
    return null;
  }

  private endBlock(): ServerSentEvent | null {
    const { type, data, id } = this;
    this.lastId = id;
    this.type = '';
    this.data = [];
    return data.length === 0 ? null : { type: type || 'message', data: data.join('\n'), id };
  }
}
