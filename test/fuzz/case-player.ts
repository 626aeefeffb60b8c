import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { waitFor } from '../support/wait-for.js';
import { type FuzzCase } from './fuzz-case.js';
import { type GatewayPorts } from './gateway-under-test.js';

const HOST = '127.0.0.1';
/** Trusted by the gateway to send headers of the PROXY protocol. */
export const BALANCER = '127.0.0.2';
const PATIENCE_MS = 100;
/** Whatever a peer did, some time after its FIN it is rid of the connection. */
const CLOSE_TIMEOUT_MS = 30_000;
const ACCEPTED = 0x01;
const REFUSED = 0x00;
const ACKNOWLEDGEMENT_BYTES = 4;
const MAX_RECORDS = 255;

/** Plays a case and returns what the gateway did wrong, or null. */
export async function play(fuzzCase: FuzzCase, ports: GatewayPorts): Promise<string | null> {
  if (fuzzCase.target === 'udp') {
    return ports.udp === null ? null : sendDatagrams(fuzzCase.chunks, ports.udp);
  }
  const port = fuzzCase.target === 'tcp' ? ports.tcp : ports.tls;
  if (port === null || (fuzzCase.fromBalancer && process.platform !== 'linux')) {
    // Only Linux has all of 127.0.0.0/8 on its loopback.
    return null;
  }
  try {
    return await new CasePlayer(fuzzCase, port).play();
  } catch (error) {
    return String(error);
  }
}

class CasePlayer {
  private received: Buffer = Buffer.alloc(0);
  private readonly raw: Socket;
  private readonly socket: Socket;
  private isOver = false;

  constructor(
    private readonly fuzzCase: FuzzCase,
    port: number,
  ) {
    const from = fuzzCase.fromBalancer ? { localAddress: BALANCER } : {};
    this.raw = connect({ host: HOST, port, noDelay: true, allowHalfOpen: true, ...from });
    this.socket = fuzzCase.target === 'tls' ? connectTls({ socket: this.raw, rejectUnauthorized: false }) : this.raw;
    for (const socket of new Set([this.raw, this.socket])) {
      socket.on('error', () => (this.isOver = true));
      socket.once('close', () => (this.isOver = true));
    }
    this.socket.on('end', () => {
      this.isOver = true;
      this.socket.end();
    });
    this.socket.on('data', (bytes: Buffer) => (this.received = Buffer.concat([this.received, bytes])));
  }

  async play(): Promise<string | null> {
    await this.connected();
    for (const chunk of this.fuzzCase.chunks) {
      if (this.isOver) {
        break;
      }
      this.socket.write(chunk);
      if (this.fuzzCase.awaitsLogin && chunk === this.fuzzCase.chunks[0]) {
        await waitFor(() => this.received.length > 0 || this.isOver, {
          timeoutMs: CLOSE_TIMEOUT_MS,
          what: 'the answer to the login',
        });
      }
      await nextTurn();
    }
    await this.end();
    await waitFor(() => this.raw.destroyed, { timeoutMs: CLOSE_TIMEOUT_MS, what: 'the gateway to close the connection' });
    return this.problem();
  }

  private async connected(): Promise<void> {
    await once(this.socket, this.socket === this.raw ? 'connect' : 'secureConnect', {
      signal: AbortSignal.timeout(CLOSE_TIMEOUT_MS),
    });
  }

  private async end(): Promise<void> {
    if (this.fuzzCase.ending === 'reset') {
      await nextTurn();
      this.raw.resetAndDestroy();
      return;
    }
    if (this.fuzzCase.ending === 'patient') {
      for (let waitedMs = 0; waitedMs < PATIENCE_MS && !this.isOver; waitedMs += 10) {
        await delay(10);
      }
    }
    this.socket.end();
  }

  private problem(): string | null {
    const { acknowledgements, ending, target } = this.fuzzCase;
    if (target === 'tls-raw') {
      return null; // what TLS answers is not ours
    }
    if (acknowledgements !== null) {
      const expected = [ACCEPTED, ...acknowledgements.flatMap((count) => [0, 0, 0, count])];
      return this.received.equals(Buffer.from(expected))
        ? null
        : `expected the answers ${Buffer.from(expected).toString('hex')}, got ${this.received.toString('hex')}`;
    }
    return isProtocol(this.received, ending === 'reset')
      ? null
      : `these answers are not of the protocol: ${this.received.toString('hex')}`;
  }
}

/** Nothing; a refusal; or an acceptance, and acknowledgements behind it. */
function isProtocol(answers: Buffer, mayBeCutOff: boolean): boolean {
  if (answers.length === 0 || (answers.length === 1 && answers[0] === REFUSED)) {
    return true;
  }
  const behind = answers.subarray(1);
  const whole = Math.floor(behind.length / ACKNOWLEDGEMENT_BYTES);
  const counts = Array.from({ length: whole }, (_, index) => behind.readUInt32BE(index * ACKNOWLEDGEMENT_BYTES));
  const isWhole = mayBeCutOff || behind.length % ACKNOWLEDGEMENT_BYTES === 0;
  return answers[0] === ACCEPTED && isWhole && counts.every((count) => count <= MAX_RECORDS);
}

async function sendDatagrams(datagrams: readonly Buffer[], port: number): Promise<null> {
  const socket = createSocket('udp4');
  for (const datagram of datagrams) {
    await new Promise((resolve) => socket.send(datagram, port, HOST, resolve));
  }
  socket.close();
  return null;
}
