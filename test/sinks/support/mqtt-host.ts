import { randomUUID } from 'node:crypto';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { waitFor } from '../../support/wait-for.js';

export interface MqttAnswer {
  /** The user property `status`. */
  readonly status: number;
  readonly messageId: string | undefined;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface MqttRequest {
  readonly messageId: string;
  readonly correlation: string;
}

export interface MqttRequestOptions {
  /** Null: the message has no id. */
  readonly messageId?: string | null;
  readonly prefer?: string;
  readonly retain?: boolean;
}

/** A host application that sends commands through the broker, and keeps the answers by their correlation data. */
export class MqttHost {
  private readonly answers = new Map<string, MqttAnswer[]>();

  private constructor(
    private readonly client: MqttClient,
    private readonly answerTopic: string,
  ) {
    client.on('message', (_topic, payload, { properties }) => {
      const { status, 'message-id': messageId } = (properties?.userProperties ?? {}) as Record<string, string>;
      const correlation = String(properties?.correlationData);
      const answer = { status: Number(status), messageId, body: JSON.parse(payload.toString()) as MqttAnswer['body'] };
      this.answers.set(correlation, [...this.answersTo(correlation), answer]);
    });
    client.on('error', () => {
      // The broker is being killed: the client connects again.
    });
  }

  /** Connects again when the broker was away; its session, and the answers in it, outlive a connection. */
  static async connect(port: number, options: IClientOptions = {}, answers = 'reply'): Promise<MqttHost> {
    const name = randomUUID();
    const client = await connectAsync({
      host: '127.0.0.1',
      port,
      clientId: name,
      protocolVersion: 5,
      clean: false,
      reconnectPeriod: 200,
      properties: { sessionExpiryInterval: 3600 },
      ...options,
    });
    const host = new MqttHost(client, `${answers}/${name}`);
    await client.subscribeAsync(host.answerTopic, { qos: 1 });
    return host;
  }

  /** Resolves when the broker has the message. A body that is text is published as it is. */
  async send(
    imei: string,
    body: unknown,
    { messageId = randomUUID(), prefer, retain = false }: MqttRequestOptions = {},
  ): Promise<MqttRequest> {
    const correlation = randomUUID();
    const userProperties = { ...(messageId !== null && { 'message-id': messageId }), ...(prefer !== undefined && { prefer }) };
    await this.client.publishAsync(`iot/${imei}/command`, typeof body === 'string' ? body : JSON.stringify(body), {
      qos: 1,
      retain,
      properties: {
        responseTopic: this.answerTopic,
        correlationData: Buffer.from(correlation),
        // The client writes an empty set of properties as a packet that is not valid.
        ...(Object.keys(userProperties).length > 0 && { userProperties }),
      },
    });
    return { messageId: messageId ?? '', correlation };
  }

  /** So far. */
  answersTo(correlation: string): readonly MqttAnswer[] {
    return this.answers.get(correlation) ?? [];
  }

  /** Waits for an answer, the first one by default. */
  async answerTo({ correlation }: MqttRequest, index = 0, timeoutMs = 30_000): Promise<MqttAnswer> {
    return waitFor(() => this.answersTo(correlation)[index], { timeoutMs, what: `answer ${index} to ${correlation}` });
  }

  async ask(imei: string, body: unknown, options: MqttRequestOptions = {}): Promise<MqttAnswer> {
    return this.answerTo(await this.send(imei, body, options));
  }

  async close(): Promise<void> {
    await this.client.endAsync(true);
  }
}
