import { setImmediate as nextTurn } from 'node:timers/promises';
import { DatabaseError } from 'pg';
import { COMMAND_LINE } from '../../access/audit/audit-actor.js';
import { InvalidInputError } from '../../platform/errors/errors.js';
import { CommandDeviceNotConnectedError } from '../commands.errors.js';
import { type CommandRequest, type CommandsService } from '../commands.service.js';
import { BulkCommands } from './bulk-commands.js';

const IMEI = '350612345678901';
const UNAVAILABLE = Object.assign(new DatabaseError('the database system is shutting down', 0, 'error'), { code: '57P03' });

let requests: CommandRequest[];
let submitted: number[];

beforeEach(() => {
  requests = [];
  submitted = [];
});

/** Bulk commands of which some fail. */
function bulk(failures: readonly (Error | null)[] = []): BulkCommands {
  const commands = {
    // The first one takes longest, as with a guard.
    prepare: async (request: CommandRequest) => {
      const place = requests.push(request);
      for (let turns = place === 1 ? 3 : 0; turns > 0; turns--) {
        await nextTurn();
      }
      return place;
    },
    submit: (place: number) => {
      const failure = failures[submitted.push(place) - 1];
      return failure ? Promise.reject(failure) : Promise.resolve({ commandLogId: String(place), isConnected: place % 2 === 1 });
    },
  };
  return new BulkCommands(commands as unknown as CommandsService);
}

function entries(count: number, extra: object = {}) {
  return Array.from({ length: count }, () => ({ value: { imei: IMEI, command: 'getver', ...extra }, metadata: null }));
}

describe('many commands', () => {
  it('have results in the order of the entries: accepted ones an id, refused ones the error of a single request', async () => {
    const results = await bulk([null, null, new CommandDeviceNotConnectedError(), new InvalidInputError('blank')]).create(
      entries(4),
      COMMAND_LINE,
    );
    expect(results).toEqual([
      { status: 200, commandLogId: '1' },
      { status: 202, commandLogId: '2' },
      { status: 404, error: 'Device not connected', code: 'DEVICE_NOT_CONNECTED' },
      { status: 400, error: 'blank', code: 'INVALID_INPUT' },
    ]);
  });

  it('are submitted in the order of the entries', async () => {
    await bulk().create(entries(3), COMMAND_LINE);
    expect(submitted).toEqual([1, 2, 3]);
  });

  it('pass the metadata and the idempotency key of each on, the key not as a part of the command', async () => {
    const [entry] = entries(1, { idempotencyKey: 'job-1' });
    await bulk().create([{ ...entry!, metadata: '{"a":1.0}' }], COMMAND_LINE);
    expect(requests).toMatchObject([{ metadata: '{"a":1.0}', idempotencyKey: 'job-1' }]);
    expect(Object.keys(requests[0]!.dto)).not.toContain('idempotencyKey');
  });

  it.each<[string, unknown, RegExp]>([
    ['is a list', [], /must be an object/],
    ['is null', null, /must be an object/],
    ['is text', 'getver', /must be an object/],
    ['lacks its imei', { command: 'getver' }, /imei must be 15 digits/],
    ['has an unknown field', { imei: IMEI, command: 'getver', colour: 1 }, /colour is not a parameter or field/],
    ['has a key of 201 characters', { imei: IMEI, command: 'getver', idempotencyKey: 'k'.repeat(201) }, /idempotencyKey must be/],
    ['has a key with a blank', { imei: IMEI, command: 'getver', idempotencyKey: 'a b' }, /idempotencyKey must be/],
  ])('store the others when one %s', async (_name, value, error) => {
    const results = await bulk().create([{ value, metadata: null }, ...entries(1)], COMMAND_LINE);
    expect(results).toEqual([
      { status: 400, error: expect.stringMatching(error) as string, code: 'INVALID_INPUT' },
      { status: 200, commandLogId: '1' },
    ]);
  });

  it('say of each entry when the database became unavailable after some were stored', async () => {
    const results = await bulk([null, UNAVAILABLE, new Error('a bug')]).create(entries(3), COMMAND_LINE);
    expect(results.map(({ status, code }) => [status, code])).toEqual([
      [200, undefined],
      [503, 'DATABASE_UNAVAILABLE'],
      [500, 'INTERNAL_ERROR'],
    ]);
  });

  it('fail as a whole when the database is unavailable for all of them', async () => {
    await expect(bulk([UNAVAILABLE, UNAVAILABLE]).create(entries(2), COMMAND_LINE)).rejects.toBe(UNAVAILABLE);
  });
});
