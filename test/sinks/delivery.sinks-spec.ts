import { type Gateway } from '../support/gateway.js';
import { waitFor } from '../support/wait-for.js';
import { IMEIS, SinkFixture } from './sink-fixture.js';
import { TEST_ENGINES } from './test-engines.js';

describe.each(TEST_ENGINES)('a sink of $name', (engine) => {
  let fixture: SinkFixture;

  /** Resolves when the engine has acknowledged as many events as that. */
  const published = (count: number): Promise<unknown> =>
    waitFor(async () => (await fixture.sink()).published >= count, { timeoutMs: 30_000, what: `${count} published events` });

  beforeEach(async () => {
    fixture = await SinkFixture.create(engine);
  });

  afterEach(async () => {
    await fixture.stop();
  });

  it('has every event once, in order per device, with the body and id of the feed', async () => {
    const gateway = await fixture.startGateway();
    fixture.writer.start(IMEIS);
    await published(500);
    await fixture.writer.stop();
    const { published: count } = await fixture.caughtUp();
    await fixture.expectAllInOrder();
    const received = await fixture.reader.read();
    expect(count).toBe(fixture.writer.written.length);
    expect(received).toHaveLength(count);
    const { body } = await gateway.get<{ events: { eventId: string; body: object }[] }>('events?limit=1');
    const [event] = body.events;
    const message = received.find(({ id }) => id === event!.eventId);
    expect(JSON.parse(message!.payload)).toEqual(event!.body);
  });

  it('has every event, in order per device, when the engine is killed and restarted in mid-stream', async () => {
    await fixture.startGateway();
    fixture.writer.start(IMEIS);
    await published(300);
    await engine.kill(fixture.server);
    await waitFor(async () => (await fixture.sink()).state === 'failing', { timeoutMs: 30_000, what: 'the sink to fail' });
    expect((await fixture.sink()).lastError).toEqual(expect.any(String));
    await fixture.server.start();
    await fixture.expectCursorNotAhead();
    const { published: before } = await fixture.sink();
    await published(before + 200);
    await fixture.writer.stop();
    expect(await fixture.caughtUp()).toMatchObject({ state: 'publishing', lastError: null });
    await fixture.expectAllInOrder();
  });

  it('has every event, in order per device, when the gateway is killed in mid-batch', async () => {
    fixture.writer.start(IMEIS);
    for (let round = 0; round < 2; round++) {
      const gateway = await fixture.startGateway();
      const { published: before } = await fixture.sink();
      await published(before + 200);
      await gateway.kill();
      await fixture.expectCursorNotAhead();
    }
    await fixture.writer.stop();
    await fixture.startGateway();
    await fixture.caughtUp();
    await fixture.expectAllInOrder();
  });

  it('is taken over by the other instance within seconds when the one that publishes is killed', async () => {
    const gateways = [await fixture.startGateway(), await fixture.startGateway()];
    fixture.writer.start(IMEIS);
    await published(100);
    const publishing = await leaseholder(gateways);
    const other = gateways.find((gateway) => gateway !== publishing)!;
    const { instanceId } = await fixture.sink(other);
    await publishing.kill();
    const killedAt = performance.now();
    await waitFor(
      async () => {
        const sink = await fixture.sink(other);
        return sink.instanceId !== null && sink.instanceId !== instanceId;
      },
      { what: 'the other instance to publish', timeoutMs: 15_000 },
    );
    // A lease of 5 s and a look each second.
    expect(performance.now() - killedAt).toBeLessThan(10_000);
    await fixture.expectCursorNotAhead();
    await fixture.writer.stop();
    await waitFor(async () => (await fixture.sink(other)).lagEvents === 0, { timeoutMs: 60_000, what: 'everything published' });
    await fixture.expectAllInOrder();
  });

  it('catches up after the engine was away for long', async () => {
    await fixture.startGateway();
    fixture.writer.start(IMEIS);
    await published(50);
    await engine.kill(fixture.server);
    const { length } = fixture.writer.written;
    await waitFor(() => fixture.writer.written.length > length + 3_000, { timeoutMs: 60_000, what: '3,000 more events' });
    await fixture.writer.stop();
    expect((await fixture.sink()).lagEvents).toBeGreaterThan(2_000);
    await fixture.server.start();
    await fixture.caughtUp();
    await fixture.expectAllInOrder();
  });
});

async function leaseholder(gateways: readonly Gateway[]): Promise<Gateway> {
  for (const gateway of gateways) {
    const metrics = await (await fetch(`${gateway.apiUrl}/metrics`, { headers: { 'x-api-key': 'a key for tests' } })).text();
    if (/^iot_broker_sink_leased\{sink="\w+"\} 1$/m.test(metrics)) {
      return gateway;
    }
  }
  throw new Error('no gateway publishes');
}
