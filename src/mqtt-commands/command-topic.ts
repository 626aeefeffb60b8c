const DEVICE = '{imei}';
/** A group has one member: the session that all gateways share. */
const GROUP = 'iot-broker';

/** The topic of commands, with `{imei}` as one of its levels. */
export class CommandTopic {
  private readonly levels: readonly string[];

  constructor(template: string) {
    this.levels = template.split('/');
  }

  static isValid(this: void, template: unknown): boolean {
    return (
      typeof template === 'string' &&
      !/[+#\0]|^\$/.test(template) &&
      template.split('/').filter((level) => level === DEVICE).length === 1 &&
      template.split(DEVICE).length === 2
    );
  }

  /** The filter that matches the commands of all devices. */
  get filter(): string {
    return `$share/${GROUP}/${this.levels.map((level) => (level === DEVICE ? '+' : level)).join('/')}`;
  }

  /** What stands in the place of the IMEI. Null: the topic is not one of commands. */
  imeiOf(topic: string): string | null {
    const levels = topic.split('/');
    const isCommand =
      levels.length === this.levels.length && this.levels.every((level, index) => level === DEVICE || level === levels[index]);
    return isCommand ? (levels[this.levels.indexOf(DEVICE)] ?? null) : null;
  }
}
