import { Agent, get } from 'node:http';

/**
 * The host application: GETs over a connection that it keeps. Plain requests and not `client/`, which parses every answer: with it the p50 of one record
 * would be the time of the client.
 */
export class ReadClient {
  private readonly agent = new Agent({ keepAlive: true, noDelay: true });

  constructor(
    private readonly apiUrl: string,
    private readonly apiKey: string,
  ) {}

  /** How many bytes the answer had, once all of it is there; throws when it is not 200. */
  async get(path: string, headers: Record<string, string> = {}): Promise<number> {
    let bytes = 0;
    await this.read(path, headers, (chunk) => (bytes += chunk.length));
    return bytes;
  }

  private read(path: string, headers: Record<string, string>, onChunk: (chunk: Buffer) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const options = { agent: this.agent, headers: { ...headers, 'x-api-key': this.apiKey } };
      get(`${this.apiUrl}${path}`, options, (response) => {
        response.on('data', onChunk);
        response.once('error', reject);
        response.once('end', () =>
          response.statusCode === 200 ? resolve() : reject(new Error(`GET ${path} answered ${response.statusCode}`)),
        );
      }).once('error', reject);
    });
  }

  close(): void {
    this.agent.destroy();
  }
}
