/**
 * A webhook receiver for development: prints every webhook that arrives and verifies its signature with the public library.
 * `npm run webhook:echo -- --help` lists the options.
 */
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { Webhook } from 'standardwebhooks';

const HELP = `Prints the webhooks that a gateway sends, and verifies their signatures.

  npm run webhook:echo -- [--port 3000] [--secret whsec_...]

  --port PORT      port to listen on at 127.0.0.1 (default 3000; 0 takes a free one)
  --secret SECRET  WEBHOOK_SECRET of the gateway; without it signatures are not verified
  --help           prints this text

Start the gateway with NOTIFICATION_URL=http://127.0.0.1:3000, and with the same WEBHOOK_SECRET when it signs.`;

const options = readOptions();
/** webhook-ids received so far: an event whose answer was lost is delivered again. */
const seen = new Set();

const server = createServer(async (request, response) => {
  const body = await text(request);
  const id = request.headers['webhook-id'];
  const verdict = verify(body, request.headers);
  const again = seen.has(id) ? ', again' : '';
  seen.add(id);
  console.log(`${new Date().toISOString()} ${request.method} ${request.url} ${id} ${verdict}${again}\n  ${body}`);
  response.writeHead(verdict.startsWith('WRONG') ? 401 : 204).end();
});

server.on('error', (error) => fail(`Cannot listen on 127.0.0.1:${options.port}: ${error.message}`));
server.listen(options.port, '127.0.0.1', () => {
  console.log(`Webhooks are printed; set NOTIFICATION_URL=http://127.0.0.1:${server.address().port}`);
});

function readOptions() {
  const { port, secret, help } = parseOptions();
  if (help) {
    console.log(HELP);
    process.exit(0);
  }
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
    fail(`--port has to be a number from 0 to 65535, not ${JSON.stringify(port)}`);
  }
  return { port: Number(port), verifier: secret === undefined ? null : verifierFor(secret) };
}

function parseOptions() {
  try {
    return parseArgs({
      options: {
        port: { type: 'string', default: '3000' },
        secret: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    return fail(error.message);
  }
}

function verifierFor(secret) {
  try {
    return new Webhook(secret);
  } catch {
    return fail('--secret has to be "whsec_" and base64: the value that the gateway has as WEBHOOK_SECRET, not a placeholder');
  }
}

function fail(message) {
  console.error(`${message}\nTry --help.`);
  process.exit(2);
}

function verify(body, headers) {
  if (options.verifier === null) {
    return headers['webhook-signature'] === undefined ? 'unsigned' : 'signed, not verified';
  }
  try {
    options.verifier.verify(body, headers);
    return 'signature right';
  } catch (error) {
    return `WRONG SIGNATURE (${error.message})`;
  }
}
