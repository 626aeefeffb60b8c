/**
 * `npm run demo`: a gateway with an embedded PostgreSQL, a fleet of simulated devices in a small city, and a webhook receiver that prints.
 * `-- --devices 30` sets the size of the fleet. DATABASE_URL, API_PORT and BROKER_PORT work as they do for the gateway. Ctrl-C ends all processes.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const GATEWAY = path('../dist/src/main.js');
const SIMULATOR = path('../dist/src/simulator/main.js');
const RECEIVER = path('./webhook-echo.mjs');
const EVENTS = 'device.connected,device.disconnected,command.completed,command.failed';
const { values } = parseArgs({ options: { devices: { type: 'string', default: '30' } } });
const apiKey = randomBytes(12).toString('hex');
const folder = mkdtempSync(join(tmpdir(), 'iot-broker-demo-'));
chmodSync(folder, 0o755); // started by root, the database server runs as another user
/** In the order in which they start; they are ended in the opposite order. */
const children = [];
let isEnding = false;

['SIGINT', 'SIGTERM', 'SIGHUP'].forEach((signal) => process.on(signal, () => void end(0)));
try {
  await demonstrate();
} catch (error) {
  if (!isEnding) {
    console.error(error instanceof Error ? error.message : error);
    await end(1);
  }
}

async function demonstrate() {
  const receiver = start('receiver', [RECEIVER, '--port=0']);
  const [, notificationUrl] = await receiver.line(/NOTIFICATION_URL=(\S+)/);
  const gateway = start('gateway', ['--max-semi-space-size=8', GATEWAY], {
    DATA_DIR: folder,
    API_HOST: '127.0.0.1',
    BROKER_HOST: '127.0.0.1',
    ...process.env,
    IOT_API_KEY: apiKey,
    NOTIFICATION_URL: notificationUrl,
    WEBHOOK_EVENTS: EVENTS,
  });
  const [, devicePort] = await gateway.line(/Devices connect to port (\d+)/);
  const [, api] = await gateway.line(/REST API on (\S+)\/api\/v1/);
  console.log(`
${values.devices} vehicles are driving. Open ${api.replace('127.0.0.1', 'localhost')}/console/ and sign in with the key ${apiKey}
Webhooks are printed below. Ctrl-C ends everything.
`);
  receiver.print((line) => line.replace(/^\S+ POST (\S+) .*$/, 'POST $1'));
  const fleet = start('simulator', [
    SIMULATOR,
    `--port=${devicePort}`,
    `--devices=${values.devices}`,
    '--interval=2',
    '--records=1',
    '--ramp=5',
  ]);
  const [, imei] = await fleet.line(/the first has IMEI (\d{15})/);
  await fleet.line(/^connected /);
  await sendCommand(api, imei);
}

/** So that the receiver prints what became of a command too. */
async function sendCommand(api, imei) {
  const body = JSON.stringify({ imei, command: 'getinfo', mode: 'queue' });
  await fetch(`${api}/api/v1/command`, {
    method: 'POST',
    headers: { 'x-api-key': apiKey, 'content-type': 'application/json' },
    body,
  });
}

/** Starts a Node.js program in a process group of its own: Ctrl-C in the terminal reaches this script alone, which ends the others in order. */
function start(name, args, env = process.env) {
  if (isEnding) {
    throw new Error('The demo is ending');
  }
  const child = spawn(process.execPath, args, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const exit = once(child, 'exit');
  const seen = [];
  const listeners = new Set();
  for (const stream of [child.stdout, child.stderr]) {
    createInterface(stream).on('line', (text) => {
      seen.push(text);
      seen.splice(0, seen.length - 200);
      listeners.forEach((listener) => listener(text));
    });
  }
  children.push({ child, exit });
  child.once('exit', (code, signal) => {
    if (!isEnding) {
      console.error(`The ${name} has ended (${code ?? signal}). Its last lines:\n${seen.slice(-10).join('\n')}`);
      void end(1);
    }
  });
  return {
    /** Every later line. */
    print: (shorten) => listeners.add((text) => console.log(shorten(text))),
    line: (pattern) => lineOf(seen, listeners, pattern),
  };
}

/** The first line that matches, also when it was printed before. */
function lineOf(seen, listeners, pattern) {
  const found = seen.map((text) => pattern.exec(text)).find(Boolean);
  if (found) {
    return found;
  }
  return new Promise((resolve) => {
    listeners.add(function listener(text) {
      const match = pattern.exec(text);
      if (match) {
        listeners.delete(listener);
        resolve(match);
      }
    });
  });
}

async function end(code) {
  if (isEnding) {
    return;
  }
  isEnding = true;
  console.log('Ending the simulator, the gateway and the receiver');
  for (const { child, exit } of children.reverse()) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      await exit;
    }
  }
  rmSync(folder, { recursive: true, force: true });
  process.exit(code);
}

function path(relative) {
  return fileURLToPath(new URL(relative, import.meta.url));
}
