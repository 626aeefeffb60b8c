import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { FrameCrcError, FrameSplitter } from '../protocol/frame-splitter.js';
import { encodeAcknowledgement } from '../protocol/frame-encoder.js';
import { type LedgerEntry } from './device-settings.js';
import { FAULT_NAMES } from './fault-plan.js';
import { Fleet } from './fleet.js';
import { summaryText } from './report.js';

const LOGIN_BYTES = 17;

/** Acknowledges everything but frames with a wrong CRC. */
function serve(socket: Socket): void {
  const splitter = new FrameSplitter(4096);
  let missing = LOGIN_BYTES;
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => {
    splitter.push(chunk.subarray(missing));
    if (missing > 0) {
      missing = Math.max(0, missing - chunk.length);
      socket.write(missing === 0 ? Buffer.of(1) : Buffer.alloc(0));
    }
    try {
      for (let frame = splitter.next(); frame !== null; frame = splitter.next()) {
        socket.write(encodeAcknowledgement(frame.count));
      }
    } catch (error) {
      socket.destroy(error instanceof FrameCrcError ? undefined : (error as Error));
    }
  });
}

describe('Fleet', () => {
  let server: Server;
  let fleet: Fleet;

  beforeEach(async () => {
    server = createServer(serve);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });

  afterEach(async () => {
    await fleet.stop();
    server.close();
    await once(server, 'close');
  });

  function build(options: Partial<ConstructorParameters<typeof Fleet>[0]> = {}): Fleet {
    const { port } = server.address() as AddressInfo;
    const quick = { intervalMs: 20, ackTimeoutMs: 60, reconnectMinuteMs: 2, startTimeMs: 1_770_000_000_000, keepLedger: true };
    fleet = new Fleet({ port, devices: 4, ...quick, ...options });
    return fleet;
  }

  /** Runs until every device has this many acknowledged records, and returns the ledger of one. */
  async function ledgerOf(index: number, records: number): Promise<LedgerEntry[]> {
    fleet.start();
    const deadline = performance.now() + 10_000;
    while (fleet.devices.some((device) => device.ledger.length < records)) {
      expect(performance.now()).toBeLessThan(deadline);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await fleet.stop();
    return fleet.devices[index]!.ledger.slice(0, records);
  }

  it('has the same device 2 in any size of fleet', async () => {
    build({ devices: 3 });
    const inSmall = await ledgerOf(2, 9);
    build({ devices: 9 });
    const inLarge = await ledgerOf(2, 9);
    expect(inLarge).toEqual(inSmall);
    build({ devices: 3, seed: 2 });
    expect(await ledgerOf(2, 9)).not.toEqual(inSmall);
  });

  it('accounts for every record with all faults at once', async () => {
    const faults = Object.fromEntries(FAULT_NAMES.map((name) => [name, 0.1]));
    build({ devices: 10, faults });
    await ledgerOf(0, 60);
    expect(fleet.counters.resends).toBeGreaterThan(0);
    expect(fleet.counters.reconnects).toBeGreaterThan(0);
    expect(fleet.counters.badCrcAcknowledged).toBe(0);
    expect(fleet.waitingRecords).toBe(fleet.devices.reduce((sum, device) => sum + device.waitingRecords, 0));
    expect(fleet.isBalanced).toBe(true);
    expect(summaryText(fleet, 1000)).toMatch(/created \d+ = acknowledged \d+ \+ waiting \d+ \+ dropped 0 \(balanced\)/);
  });

  it('drains until no record is left', async () => {
    build({ faults: { loseAck: 0.2, badCrc: 0.2 } });
    fleet.start();
    expect(await fleet.drain(20_000)).toBe(true);
    expect(fleet.waitingRecords).toBe(0);
    expect(fleet.counters.recordsAcknowledged).toBe(fleet.counters.recordsCreated);
  });

  it('starts devices one after another, and sets their clocks accordingly', async () => {
    build({ devices: 5, rampPerSecond: 50, intervalMs: 10, recordsPerFrame: 1 });
    expect(fleet.devices.map((device) => device.isConnected)).toEqual([false, false, false, false, false]);
    await ledgerOf(0, 3);
    const firstTimes = fleet.devices.map((device) => device.ledger[0]!.timestampMs - 1_770_000_000_000);
    firstTimes.forEach((time, index) => {
      expect(time).toBeGreaterThanOrEqual(index * 20);
      expect(time).toBeLessThanOrEqual(index * 20 + 10);
    });
  });
});
