/**
 * A host application for development: prints every webhook that arrives, and verifies its signature with the public library.
 * `npm run webhook:echo -- --port 3000 --secret whsec_...`; without a secret signatures are not looked at. Then start the gateway with
 * NOTIFICATION_URL=http://localhost:3000 and the same WEBHOOK_SECRET.
 */
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { Webhook } from 'standardwebhooks';

const { values } = parseArgs({ options: { port: { type: 'string', default: '3000' }, secret: { type: 'string' } } });
const verifier = values.secret === undefined ? null : new Webhook(values.secret);
/** Ids of what came before: an event whose answer was lost comes again. */
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

server.listen(Number(values.port), '127.0.0.1', () => {
  console.log(`Webhooks are printed; set NOTIFICATION_URL=http://127.0.0.1:${server.address().port}`);
});

function verify(body, headers) {
  if (verifier === null) {
    return headers['webhook-signature'] === undefined ? 'unsigned' : 'signed, not verified';
  }
  try {
    verifier.verify(body, headers);
    return 'signature right';
  } catch (error) {
    return `WRONG SIGNATURE (${error.message})`;
  }
}
