import { setTimeout as delay } from 'node:timers/promises';
import { type DynamicModule, Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type MicroserviceOptions } from '@nestjs/microservices';
import { AppModule } from './app.module.js';
import { Readiness } from './health/readiness.js';
import { secretsOf } from './platform/observability/log-text.js';
import { listenError } from './listen-error.js';
import { ApiSettings, ProcessSettings } from './platform/config/settings.js';
import { ConsoleSettings } from './console/console.settings.js';
import { BrokerSettings } from './broker.settings.js';
import { MetricsSettings } from './metrics/metrics.settings.js';
import { SETTINGS } from './settings.js';
import { DatabaseServer, type StartServer } from './platform/database/database-server.js';
import { logFatal } from './platform/errors/errors.js';
import { GatewayLogger } from './platform/observability/gateway-logger.js';
import { MetricsRegistry } from './platform/observability/metrics-registry.js';
import { ApiKeys } from './access/keys/settings-keys.js';
import { createHttpAdapter } from './platform/http/http-adapter.js';
import { configureHttp } from './configure-http.js';
import { TeltonikaServer } from './transport/teltonika-server.js';
import { SECOND_MS } from './platform/time-units.js';

const LAUNCHER_CHECK_MS = 500;
/** For the database to stop, after devices and requests had their grace. */
const BEYOND_GRACE_SECONDS = 30;
const logger = new Logger('Gateway');

/** @param startServer starts the server to use when DATABASE_URL is not set. */
export async function startGateway(settings: DynamicModule, startServer: StartServer): Promise<void> {
  await announce(await start(await AppModule.forRoot(settings, startServer)));
}

async function start(module: DynamicModule): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(module, createHttpAdapter(), {
    abortOnError: false,
    bufferLogs: true,
    // Metadata of commands is passed on as it came, not as JavaScript understands it.
    rawBody: true,
    // The only parser is the one of limitBodies: JSON.
    bodyParser: false,
  });
  const secrets = secretsOf(SETTINGS.flatMap((settingsClass) => Object.entries(app.get<object>(settingsClass))));
  const gatewayLogger = new GatewayLogger(app.get(ProcessSettings), secrets);
  app.useLogger(gatewayLogger);
  app.get(MetricsRegistry).counter(
    {
      name: 'iot_broker_log_lines_left_out_total',
      help: 'Log lines about single peers that were suppressed (`LOG_LINES_PER_PEER`).',
    },
    () => gatewayLogger.linesLeftOut,
  );
  const stop = stopOnce(app);
  stopOnSignal(app, stop);
  try {
    await configureHttp(app);
    // Messages of devices get none of the HTTP application's pipes and guards: they cost, and validate what the codec has validated.
    app.connectMicroservice<MicroserviceOptions>({ strategy: app.get(TeltonikaServer) }, { inheritAppConfig: false });
    // In this order no frame arrives before the modules are ready for it.
    await app.init();
    const api = app.get(ApiSettings);
    await app.listen(api.API_PORT, api.API_HOST);
    await app.startAllMicroservices();
  } catch (error) {
    await stop();
    throw listenError(error, app.get(BrokerSettings), app.get(ApiSettings), app.get(MetricsSettings));
  }
  return app;
}

function stopOnSignal(app: NestFastifyApplication, stop: () => Promise<void>): void {
  let stopping = false;
  const begin = (cause: string): void => {
    if (stopping) {
      return;
    }
    stopping = true;
    logger.log(`${cause}: finishing what was received, then stopping`);
    withdraw(app)
      .then(stop)
      .then(
        () => {
          logger.log('Stopped');
          process.exit(0);
        },
        (error: unknown) => exitWith(error),
      );
  };
  process.once('SIGTERM', () => begin('SIGTERM'));
  process.once('SIGINT', () => begin('SIGINT'));
  whenLauncherIsGone(() => begin('npm has ended'));
}

/** Readiness is false from now on; requests are still served until load balancers have noticed. */
async function withdraw(app: NestFastifyApplication): Promise<void> {
  app.get(Readiness).withdraw();
  await delay(app.get(ProcessSettings).SHUTDOWN_DELAY_SECONDS * SECOND_MS);
}

/**
 * A SIGTERM to `npm start` ends npm and its shell, and where the shell is dash it goes no further: the gateway would live on
 * unseen, with its ports and its database.
 */
function whenLauncherIsGone(then: () => void): void {
  const launcher = process.ppid;
  if (process.env.npm_lifecycle_event === undefined) {
    return;
  }
  const timer = setInterval(() => {
    if (process.ppid !== launcher) {
      clearInterval(timer);
      then();
    }
  }, LAUNCHER_CHECK_MS);
  timer.unref();
}

/** A signal can arrive while a start that failed is being undone: both wait for the same stop. */
function stopOnce(app: NestFastifyApplication): () => Promise<void> {
  let stopped: Promise<void> | null = null;
  return () => (stopped ??= stop(app));
}

/** Devices and requests first, then the pool, the embedded database last: everything before it still needs it. */
async function stop(app: NestFastifyApplication): Promise<void> {
  const database = app.get(DatabaseServer);
  const deadline = (app.get(ProcessSettings).SHUTDOWN_GRACE_SECONDS + BEYOND_GRACE_SECONDS) * SECOND_MS;
  setTimeout(() => exitWith(new Error('The gateway could not stop in time')), deadline).unref();
  await app.close();
  await database.stop();
}

async function announce(app: NestFastifyApplication): Promise<void> {
  const http = await app.getUrl();
  const { port, tlsPort, udpPort } = app.get(TeltonikaServer);
  logger.log(`Devices connect to port ${port}`);
  if (tlsPort !== null) {
    logger.log(`Devices with TLS connect to port ${tlsPort}`);
  }
  if (udpPort !== null) {
    logger.log(`Devices send by UDP to port ${udpPort}`);
  }
  logger.log(`REST API on ${http}/api/v1, documentation on ${http}/docs`);
  if (app.get(ConsoleSettings).CONSOLE_ENABLED) {
    logger.log(`Console on ${http}/console/, sign in with an API key`);
  }
  const { made } = app.get(ApiKeys);
  if (made !== null) {
    logger.log(`IOT_API_KEY is not set; send this key as x-api-key: ${made}`);
  }
}

function exitWith(error: unknown): void {
  logFatal(logger, error);
  process.exit(1);
}
