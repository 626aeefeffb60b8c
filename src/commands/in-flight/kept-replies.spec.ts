import { CODEC_12 } from '../../protocol/codec-ids.js';
import { type DeviceReply, KeptReplies, type KeptReplyLimits } from './kept-replies.js';

const LIMITS: KeptReplyLimits = { perDevice: { replies: 2, bytes: 100 }, inTotal: { replies: 3, bytes: 150 } };

function reply(imei: string, bytes = 1): DeviceReply {
  const message = { codec: CODEC_12, type: 6, payload: Buffer.alloc(bytes, 0x61), timestampS: null, imei: null };
  return { imei, connectionId: 'c', epoch: 1, frame: { message, receivedAtMs: 0 } } as DeviceReply;
}

/** Whether it is kept after everything that can happen at once has happened. */
async function isKept(kept: KeptReplies, added: DeviceReply): Promise<{ isKept: boolean; adding: Promise<boolean> }> {
  let done = false;
  const adding = kept.add(added).finally(() => (done = true));
  await new Promise((resolve) => setImmediate(resolve));
  return { isKept: done, adding };
}

describe('replies that are kept while the database is unavailable', () => {
  it('come back in the order in which each device sent them, after their bytes were overwritten', async () => {
    const kept = new KeptReplies(LIMITS);
    const first = reply('1');
    expect(await kept.add(first)).toBe(true);
    expect(await kept.add(reply('1', 2))).toBe(false);
    expect(await kept.add(reply('2'))).toBe(true);
    first.frame.message.payload.fill(0);
    expect(kept.first('1')?.frame.message.payload.toString()).toBe('a');
    kept.removeFirst('1');
    expect(kept.first('1')?.frame.message.payload.toString()).toBe('aa');
    expect([kept.count, kept.devices, kept.has('1')]).toEqual([2, ['1', '2'], true]);
    const empty = kept.whenEmpty('1');
    kept.removeFirst('1');
    await empty;
    expect([kept.has('1'), kept.first('1'), kept.count]).toEqual([false, null, 1]);
    await kept.whenEmpty('1');
  });

  it.each<[string, DeviceReply[], DeviceReply, boolean]>([
    ['as many of one device as may be', [reply('1')], reply('1'), true],
    ['one more of one device', [reply('1'), reply('1')], reply('1'), false],
    ['as many bytes of one device as may be', [reply('1', 60)], reply('1', 40), true],
    ['one byte more of one device', [reply('1', 60)], reply('1', 41), false],
    ['as many in total as may be', [reply('1'), reply('2')], reply('3'), true],
    ['one more in total', [reply('1'), reply('2'), reply('3')], reply('4'), false],
    ['as many bytes in total as may be', [reply('1', 100)], reply('2', 50), true],
    ['one byte more in total', [reply('1', 100)], reply('2', 51), false],
    ['one alone that is larger than all may be', [], reply('1', 200), true],
  ])('%s: kept at once or not', async (_what, before, added, expected) => {
    const kept = new KeptReplies(LIMITS);
    await Promise.all(before.map((each) => kept.add(each)));
    const { isKept: result, adding } = await isKept(kept, added);
    expect(result).toBe(expected);
    // One that waits is counted, and is kept as soon as there is room.
    expect(kept.count).toBe(before.length + 1);
    if (!result) {
      before.forEach(({ imei }) => kept.removeFirst(imei));
      await adding;
      expect(kept.count).toBe(1);
    }
  });
});
