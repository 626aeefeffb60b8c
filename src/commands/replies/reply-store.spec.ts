import { type EventLog } from '../../events/event-log.js';
import { CODEC_12 } from '../../protocol/codec-ids.js';
import { CommandCounters } from '../command-counters.js';
import { type DeviceReply } from '../in-flight/kept-replies.js';
import { type CommandEnds } from '../waiting/command-ends.js';
import { type CommandMatch, type CommandMatching } from './command-matching.js';
import { type AppliedEffect, type CommandRepliesRepository, type ReplyEffect } from './command-replies.repository.js';
import { type DeviceMessagesRepository } from './device-messages.repository.js';
import { ReplyStore } from './reply-store.js';

const APPLIED = { othersWait: false } as AppliedEffect;
const reply = (imei: string, text = 'an answer'): DeviceReply =>
  ({ imei, frame: { receivedAtMs: 0, message: { codec: CODEC_12, payload: Buffer.from(text) } } }) as unknown as DeviceReply;
const matchOf = ({ imei }: DeviceReply, isHint: boolean): CommandMatch =>
  ({ kind: 'match', commandLogId: imei, command: { commandLogId: imei }, verdict: 'completed', isHint }) as CommandMatch;

/** The commands that the statement no longer finds as they were, by hint or by look-up. */
let changed: Set<string>;
let lookUp: (replies: readonly DeviceReply[]) => Promise<unknown[]>;
let batches: string[][];
let store: ReplyStore;

beforeEach(() => {
  changed = new Set();
  lookUp = (replies) => Promise.resolve(replies.map(() => []));
  batches = [];
  const repository = {
    findAnswerable: (replies: readonly DeviceReply[]) => lookUp(replies),
    apply: (effects: readonly ReplyEffect[]) => {
      const ids = effects.map(({ command, isHint }) => `${command.commandLogId} ${isHint ? 'hint' : 'look-up'}`);
      batches.push(ids);
      return Promise.resolve(ids.map((id) => (changed.has(id) ? null : APPLIED)));
    },
  };
  const matching = {
    matchWritten: (given: DeviceReply) => matchOf(given, true),
    match: (given: DeviceReply) => Promise.resolve(matchOf(given, false)),
    noteAnswered: () => undefined,
  };
  store = new ReplyStore(
    repository as unknown as CommandRepliesRepository,
    {} as DeviceMessagesRepository,
    { records: () => false, signalAppended: () => undefined } as unknown as EventLog,
    matching as unknown as CommandMatching,
    new CommandCounters(),
    { ended: () => undefined } as unknown as CommandEnds,
  );
});

describe('replies of many devices', () => {
  it('are stored in one batch, those of one device one after the other', async () => {
    await Promise.all([store.store(reply('1')), store.store(reply('2')), store.store(reply('1'))]);
    expect(batches).toEqual([['1 hint', '2 hint'], ['1 hint']]);
  });

  it('are looked up when the command is not as it was expected', async () => {
    changed.add('2 hint');
    await Promise.all([store.store(reply('1')), store.store(reply('2'))]);
    expect(batches).toEqual([['1 hint', '2 hint'], ['2 look-up']]);
  });

  it('that are stored stay stored when a later step of another one fails', async () => {
    changed.add('2 hint');
    lookUp = () => Promise.reject(new Error('the connection is lost'));
    const [first, second] = await Promise.allSettled([store.store(reply('1')), store.store(reply('2'))]);
    expect(first).toEqual({ status: 'fulfilled', value: { othersWait: false } });
    expect(second).toMatchObject({ status: 'rejected', reason: { message: 'the connection is lost' } });
    expect(batches.flat().filter((id) => id.startsWith('1'))).toEqual(['1 hint']);
  });
});
