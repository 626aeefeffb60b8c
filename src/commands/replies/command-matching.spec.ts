import { CODEC_12, CODEC_14 } from '../../protocol/codec-ids.js';
import { MESSAGE_TYPE_NACK, MESSAGE_TYPE_REPLY } from '../../protocol/message.js';
import { BUILT_IN_CATALOGUE } from '../catalogue/built-in-catalogue.js';
import { CommandCatalogue } from '../catalogue/command-catalogue.js';
import { type ClaimedCommand } from '../command.js';
import { CommandSettings } from '../commands.settings.js';
import { type DeviceReply } from '../in-flight/kept-replies.js';
import { UnansweredWritings } from '../in-flight/unanswered-writings.js';
import { type WatchedOutputs } from '../in-flight/watched-outputs.js';
import { CommandMatching } from './command-matching.js';
import { type DeviceMessagesRepository } from './device-messages.repository.js';

const CONNECTION = 'a connection';
const ON = 'DOUT1:1 Timeout:INFINITY';

let unanswered: UnansweredWritings;
let settings: CommandSettings;
let matching: CommandMatching;

beforeEach(() => {
  const catalogue = new CommandCatalogue(BUILT_IN_CATALOGUE);
  unanswered = new UnansweredWritings(catalogue);
  settings = new CommandSettings();
  const noMessages = {} as DeviceMessagesRepository;
  matching = new CommandMatching(noMessages, catalogue, settings, unanswered, {} as WatchedOutputs);
});

function write(commandLogId: string, command: string, attempts = 1): void {
  const claimed = { commandLogId, imei: '1', command, codec: 12, attempts, sentAt: null, timeoutSeconds: 60 };
  unanswered.add(CONNECTION, claimed as unknown as ClaimedCommand);
  unanswered.startWriting(CONNECTION, { commandLogId, attempts });
}

function hint(
  text: string,
  { codec = CODEC_12, type = MESSAGE_TYPE_REPLY }: { codec?: number; type?: number } = {},
): string | null {
  const message = { codec, type, payload: Buffer.from(text), timestampS: null };
  const reply = { imei: '1', connectionId: CONNECTION, epoch: 1, frame: { receivedAtMs: Date.now(), message } };
  return matching.matchWritten(reply as unknown as DeviceReply)?.commandLogId ?? null;
}

describe('a reply that is matched without a look-up', () => {
  it('completes the one command whose own pattern accepts it', () => {
    write('1', 'getver');
    write('2', 'setdigout 1');
    expect(hint(ON)).toBe('2');
  });

  it.each<[string, () => string | null]>([
    ['nothing is unanswered', () => hint(ON)],
    ['no pattern accepts it', () => (write('1', 'setdigout 1'), hint('other words'))],
    ['any words complete the command', () => (write('1', 'frobnicate'), hint(ON))],
    ['it is a refusal', () => (write('1', 'setdigout 1'), hint('Unknown command'))],
    ['it is empty', () => (write('1', 'setdigout 1'), hint(''))],
    ['the command was written twice', () => (write('1', 'setdigout 1'), write('1', 'setdigout 1', 2), hint(ON))],
    [
      'the same was asked before the contrary',
      () => (write('1', 'setdigout 1'), write('2', 'setdigout 0'), write('3', 'setdigout 1'), hint(ON)),
    ],
    [
      'its bytes have not left',
      () => {
        unanswered.add(CONNECTION, {
          commandLogId: '1',
          command: 'setdigout 1',
          codec: 12,
          attempts: 1,
          timeoutSeconds: 60,
        } as ClaimedCommand);
        return hint(ON);
      },
    ],
    ['it is in another codec', () => (write('1', 'setdigout 1'), hint(ON, { codec: CODEC_14 }))],
    ['it is a nACK', () => (write('1', 'setdigout 1'), hint(ON, { type: MESSAGE_TYPE_NACK }))],
  ])('is left to the look-up when %s', (_name, answered) => {
    expect(answered()).toBeNull();
  });

  it('is left to the look-up without validation, where the oldest command is meant', () => {
    Object.assign(settings, { VALIDATE_COMMAND_RESPONSE: false });
    write('1', 'setdigout 1');
    expect(hint(ON)).toBeNull();
  });
});
