import { CommandCatalogue } from '../catalogue/command-catalogue.js';
import { BUILT_IN_CATALOGUE } from '../catalogue/built-in-catalogue.js';
import { type ClusterMembership } from '../../platform/cluster/cluster-membership.js';
import { type DatabaseAvailability } from '../../platform/database/database-availability.js';
import { type ConnectionRegistry } from '../../transport/connection-registry.js';
import { type DispatchClaims } from './dispatch-claims.js';
import { CommandDispatcher } from './command-dispatcher.js';
import { type Command } from '../command.js';
import { KeptReplies } from '../in-flight/kept-replies.js';
import { UnansweredWritings } from '../in-flight/unanswered-writings.js';

const IMEI = '350612000000008';
const COMMAND = {
  commandLogId: '1',
  imei: IMEI,
  command: 'getinfo',
  codec: 12,
  attempts: 1,
  timeoutSeconds: 60,
  guard: null,
} as Command;

/** A promise that the test settles. */
function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve!: (value: T) => void;
  return { promise: new Promise<T>((settle) => (resolve = settle)), resolve };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the shutdown of the command dispatcher', () => {
  it('waits for a claim whose statement is running, and for the writing of what it claims', async () => {
    const claim = deferred<Command[]>();
    const write = deferred<boolean>();
    let claims = 0;
    const batches = { claim: () => (claims++, claim.promise), hasGuarded: () => false } as unknown as DispatchClaims;
    const connection = { sendable: () => Promise.resolve(true), send: () => write.promise };
    const dispatcher = new CommandDispatcher(
      batches,
      { find: () => connection } as unknown as ConnectionRegistry,
      { isMember: true } as ClusterMembership,
      new KeptReplies(),
      new UnansweredWritings(new CommandCatalogue(BUILT_IN_CATALOGUE)),
      {} as DatabaseAvailability,
    );
    dispatcher.wake(IMEI);
    await turn();
    expect(claims).toBe(1);

    const steps: string[] = [];
    const stopped = dispatcher.beforeApplicationShutdown().then(() => steps.push('stopped'));
    await turn();
    steps.push('claimed');
    claim.resolve([COMMAND]);
    await turn();
    steps.push('written');
    write.resolve(true);
    await stopped;
    expect(steps).toEqual(['claimed', 'written', 'stopped']);
  });
});
