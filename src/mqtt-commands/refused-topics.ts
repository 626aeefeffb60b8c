import { createHash } from 'node:crypto';
import { MINUTE_MS } from '../platform/time-units.js';

const MAX_TOPICS = 1_000;
/** Of Mosquitto. */
const MAX_LEVELS = 200;
const REMEMBERED_FOR_MS = 10 * MINUTE_MS;

/** The broker does not take messages on this topic. */
export class TopicRefusedError extends Error {}

/**
 * Response topics that the broker has refused within the last ten minutes. The sender chooses them, so only digests are held, and at most MAX_TOPICS:
 * the one whose refusal is the oldest is dropped.
 */
export class RefusedTopics {
  /** In the order of their refusals. */
  private readonly refusedAt = new Map<string, number>();

  constructor(private readonly now: () => number = () => performance.now()) {}

  add(topic: string): void {
    const key = digestOf(topic);
    this.refusedAt.delete(key);
    this.refusedAt.set(key, this.now());
    const [oldest] = this.refusedAt.keys();
    if (oldest !== undefined && this.refusedAt.size > MAX_TOPICS) {
      this.refusedAt.delete(oldest);
    }
  }

  has(topic: string): boolean {
    const key = digestOf(topic);
    const at = this.refusedAt.get(key);
    if (at !== undefined && at <= this.now() - REMEMBERED_FOR_MS) {
      this.refusedAt.delete(key);
      return false;
    }
    return at !== undefined;
  }
}

/**
 * Whether an answer can be published on it (MQTT 5, sections 3.3.2.1 and 4.7). Mosquitto 2.0.11 accepts others as response topics, and ends the connection
 * of a client that publishes on them, also on one of more levels than it takes.
 */
export function isTopicName(topic: string): boolean {
  return topic !== '' && !/[+#\0]/.test(topic) && topic.split('/', MAX_LEVELS + 1).length <= MAX_LEVELS;
}

function digestOf(topic: string): string {
  return createHash('sha256').update(topic).digest('base64');
}
