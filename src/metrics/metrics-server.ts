import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { MetricsSettings } from './metrics.settings.js';
import { MetricsRegistry } from '../platform/observability/metrics-registry.js';

const PATH = '/metrics';
/** A scraper sends its request in one packet and reads the response at once. */
const TIMEOUTS_MS = { headersTimeout: 5_000, requestTimeout: 10_000, keepAliveTimeout: 65_000 };

/** Serves the metrics on a separate port without a key: for a scraper inside the network while the API is reachable from outside. */
@Injectable()
export class MetricsServer implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(MetricsServer.name);
  private server: Server | null = null;

  constructor(
    private readonly settings: MetricsSettings,
    private readonly metrics: MetricsRegistry,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { METRICS_PORT: port, METRICS_HOST: host } = this.settings;
    if (port === undefined) {
      return;
    }
    const server = createServer(TIMEOUTS_MS, (request, response) => void this.answer(request, response));
    this.server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, () => resolve(void server.off('error', reject)));
    });
    this.logger.log(`Metrics on http://${host}:${(server.address() as AddressInfo).port}${PATH}`);
  }

  /** In the last phase, so that the shutdown can be monitored too. */
  onApplicationShutdown(): void {
    this.server?.close();
    this.server?.closeAllConnections();
  }

  private async answer({ method, url }: IncomingMessage, response: ServerResponse): Promise<void> {
    if ((method !== 'GET' && method !== 'HEAD') || url?.split('?')[0] !== PATH) {
      response.writeHead(404).end();
      return;
    }
    try {
      const text = await this.metrics.registry.metrics();
      response.writeHead(200, { 'content-type': this.metrics.registry.contentType }).end(text);
    } catch (error) {
      this.logger.error(error);
      response.writeHead(500).end();
    }
  }
}
