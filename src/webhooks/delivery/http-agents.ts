import { type Socket } from 'node:net';
import { type Duplex } from 'node:stream';
import { Agent as HttpAgent, type AgentOptions, type ClientRequestArgs } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';

const CONNECT_TIMEOUT_MS = 5_000;
/** Less than the five seconds after which Node's own servers close an idle connection. */
const IDLE_MS = 4_000;

export const CONNECT_TIMEOUT_CODE = 'CONNECT_TIMEOUT';

/** Agents that keep connections for the next delivery, at most `concurrency` of them, and limit the time to connect. */
export function keptAliveAgents(concurrency: number): { httpAgent: HttpAgent; httpsAgent: HttpsAgent } {
  const options: AgentOptions = {
    keepAlive: true,
    maxSockets: concurrency,
    maxFreeSockets: concurrency,
    timeout: IDLE_MS,
    noDelay: true,
  };
  return { httpAgent: new TimedHttpAgent(options), httpsAgent: new TimedHttpsAgent(options) };
}

type Callback = (error: Error | null, stream: Duplex) => void;

class TimedHttpAgent extends HttpAgent {
  override createConnection(options: ClientRequestArgs, callback?: Callback): Duplex | null | undefined {
    return timed(super.createConnection(options, callback), 'connect');
  }
}

class TimedHttpsAgent extends HttpsAgent {
  override createConnection(options: ClientRequestArgs, callback?: Callback): Duplex | null | undefined {
    return timed(super.createConnection(options, callback), 'secureConnect');
  }
}

function timed<T extends Duplex | null | undefined>(stream: T, connected: 'connect' | 'secureConnect'): T {
  const socket = stream as Socket | null | undefined;
  if (socket) {
    const timer = setTimeout(() => socket.destroy(connectTimeout()), CONNECT_TIMEOUT_MS);
    socket.once(connected, () => clearTimeout(timer));
    socket.once('close', () => clearTimeout(timer));
  }
  return stream;
}

function connectTimeout(): Error {
  return Object.assign(new Error(`no connection within ${CONNECT_TIMEOUT_MS / 1000} s`), { code: CONNECT_TIMEOUT_CODE });
}
