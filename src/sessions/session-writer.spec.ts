import { type ClusterMembership, type Instance, NotAMemberError } from '../platform/cluster/cluster-membership.js';
import { type DeviceAdmission } from '../admission/device-admission.js';
import { type EventLog } from '../events/event-log.js';
import { type SessionEnd, type SessionOpening } from './session.js';
import { type LoginResult, type SessionsRepository } from './sessions.repository.js';
import { SessionWriter } from './session-writer.js';

/** Sessions in memory. A login of `banned` is refused, and one of `lost` gets no row. */
class FakeSessions {
  readonly opened: string[][] = [];
  readonly closed: SessionEnd[][] = [];
  private epoch = 0;

  open(_instanceId: string, openings: readonly SessionOpening[]): Promise<{ results: LoginResult[]; newDevices: number }> {
    this.opened.push(openings.map(({ connectionId }) => connectionId));
    const results = openings
      .filter(({ imei }) => imei !== 'lost')
      .map(({ imei }) => ({ imei, epoch: ++this.epoch, refusal: imei === 'banned' ? ('banned' as const) : null }));
    return Promise.resolve({ results, newDevices: results.length });
  }

  close(ends: readonly SessionEnd[]): Promise<never[]> {
    this.closed.push([...ends]);
    return Promise.resolve([]);
  }
}

let sessions: FakeSessions;
let refused: string[];
let isMember: boolean;
let attempts: number;
let writer: SessionWriter;

beforeEach(() => {
  sessions = new FakeSessions();
  refused = [];
  isMember = true;
  attempts = 0;
  const membership = {
    require: () => {
      attempts++;
      if (!isMember) {
        throw new NotAMemberError();
      }
    },
  };
  const admission = {
    rule: { registeredOnly: false, remaining: 10 },
    noteAdmitted: () => undefined,
    noteRefused: (imei: string, address: string, refusal: string) => refused.push(`${imei} ${address} ${refusal}`),
  };
  const events = { records: () => false, signalAppended: () => undefined };
  writer = new SessionWriter(
    sessions as unknown as SessionsRepository,
    { id: 'instance', name: 'test' } as unknown as Instance,
    membership as unknown as ClusterMembership,
    events as unknown as EventLog,
    admission as unknown as DeviceAdmission,
  );
});

function login(imei: string, connectionId = imei): SessionOpening {
  return { imei, connectionId, connectedAt: new Date(0), remoteAddress: '192.0.2.1', remotePort: 1 };
}

const end = (imei: string): SessionEnd => ({ imei, epoch: 1, reason: 'peer' });

describe('logins', () => {
  it('of one turn share a statement, and each gets the epoch of its own session', async () => {
    expect(await Promise.all([writer.open(login('a')), writer.open(login('b'))])).toEqual([
      { kind: 'accept', epoch: 1 },
      { kind: 'accept', epoch: 2 },
    ]);
    expect(sessions.opened).toEqual([['a', 'b']]);
  });

  it('of one device in one batch: the newest wins, the older one is superseded', async () => {
    const outcomes = await Promise.all([writer.open(login('a', 'older')), writer.open(login('a', 'newest'))]);
    expect(outcomes).toEqual([{ kind: 'superseded' }, { kind: 'accept', epoch: 1 }]);
    expect(sessions.opened).toEqual([['newest']]);
  });

  it('fail when the database returns no row, and the others of the batch are accepted', async () => {
    const [lost, other] = await Promise.allSettled([writer.open(login('lost')), writer.open(login('a'))]);
    expect(lost).toMatchObject({ status: 'rejected', reason: { message: 'No session was stored for lost' } });
    expect(other).toMatchObject({ status: 'fulfilled', value: { kind: 'accept' } });
  });

  it('that are not admitted are refused and reported', async () => {
    expect(await writer.open(login('banned'))).toEqual({ kind: 'refuse' });
    expect(refused).toEqual(['banned 192.0.2.1 banned']);
  });
});

describe('ends of sessions during an outage', () => {
  it('are retried until the database can store them', async () => {
    isMember = false;
    const closing = writer.close(end('a'));
    await until(() => attempts >= 2);
    expect(sessions.closed).toEqual([]);
    isMember = true;
    await closing;
    expect(sessions.closed).toEqual([[end('a')]]);
  });

  it('are given up some seconds after the shutdown has begun', async () => {
    isMember = false;
    const closing = writer.close(end('a'));
    const settled = expect(closing).rejects.toThrow();
    await until(() => attempts >= 1);
    writer.beforeApplicationShutdown();
    await settled;
    expect(sessions.closed).toEqual([]);
  });
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) {
    await new Promise(setImmediate);
  }
}
