import { Agent, get } from 'node:http';

/** The host application: GETs over a connection that it keeps. */
export class ReadClient {
  private readonly agent = new Agent({ keepAlive: true, noDelay: true });

  constructor(
    private readonly apiUrl: string,
    private readonly apiKey: string,
  ) {}

  /** How many bytes the answer had, once all of it is there; throws when it is not 200. */
  async get(path: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const headers = { 'x-api-key': this.apiKey };
      get(`${this.apiUrl}${path}`, { agent: this.agent, headers }, (response) => {
        let bytes = 0;
        response.on('data', (chunk: Buffer) => (bytes += chunk.length));
        response.once('end', () =>
          response.statusCode === 200 ? resolve(bytes) : reject(new Error(`GET ${path} answered ${response.statusCode}`)),
        );
      }).once('error', reject);
    });
  }

  close(): void {
    this.agent.destroy();
  }
}
