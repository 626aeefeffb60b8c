import { type CommandDraft } from './command-definition.js';

const DIGOUT = 'digout';

/**
 * An output's state as it stands first in the reply, with what may follow left open: hold time, speed limit, the next output. Whether
 * it is the state that was asked for is the discriminator's question.
 */
const DIGOUT_SUCCESS = String.raw`^(?:DOUT\d+:\s*(?:Already set to [01]|[01]|ON|OFF|IGNORED)(?!\S)|DOUTS are set to:\s*[01?]+)`;
/** One output can be refused while the one before it was set: then the command as a whole was not done. */
const DIGOUT_FAILURE = String.raw`^(?:Bad syntax|Arguments required|DOUT is disabled from CFG|(?:DOUT\d+:.*)?\bDOUT\d+ (?:is disabled from CFG|params are invalid|ERROR|state already set to:))`;
const DIGOUT_QUEUED = String.raw`^DOUT\d+:.*\bqueued\b`;

/** Commands that move a digital output. */
export const OUTPUT_COMMANDS: readonly CommandDraft[] = [
  {
    command: 'setdigout',
    syntax: 'setdigout <states> [Y1] [Y2] [Y3] [Z1] [Z2] [Z3]',
    notes:
      'A state for each output (0, 1, ? to leave it), then hold times in seconds, then speed limits in km/h. Replaces what is held or queued for these outputs. Parameter 131 of a TFT100 says which pins are outputs.',
    destructive: 'moves a physical output; may immobilise the vehicle',
    replyShape: DIGOUT,
    success: DIGOUT_SUCCESS,
    failure: DIGOUT_FAILURE,
    queued: DIGOUT_QUEUED,
    discriminator: 'outputs',
    tft100: true,
    examples: [
      'DOUT1:1 Timeout:INFINITY DOUT2:IGNORED',
      'DOUT1:0 Timeout:INFINITY DOUT2:IGNORED',
      'DOUT1:1 Timeout:10s',
      'DOUT1:Already set to 1 DOUT2:IGNORED',
      'DOUT2:0 Timeout:INFINITY',
      'DOUT1:ON Timeout:INFINITY DOUT2:OFF Timeout:20s',
      'DOUT1:ON Timeout:10s Speed threshold:1km/h Speed is above threshold, queued',
      'DOUT1:IGNORED',
      'DOUTS are set to:0010 TMOs are: 0 0 5 0. Out1 Scenario: Enabled Out2 Scenario: Disabled',
      'DOUT is disabled from CFG',
      'DOUT1 Is disabled from CFG',
      'Bad syntax',
      'Arguments required',
      'DOUT1 params are invalid',
      'DOUT1 ERROR',
      'DOUT1 state already set to: 1',
    ],
  },
  {
    command: 'setigndigout',
    syntax: 'setigndigout <states> [Y1] [Y2] [Y3]',
    notes: 'As setdigout, but waits for the ignition to be off.',
    destructive: 'moves a physical output; may immobilise the vehicle',
    replyShape: DIGOUT,
    success: DIGOUT_SUCCESS,
    failure: DIGOUT_FAILURE,
    queued: DIGOUT_QUEUED,
    discriminator: 'outputs',
    examples: [
      'DOUT1:1 Timeout:INFINITY',
      'DOUT1:1 Timeout:15s IGN ON, QUEUED',
      'DOUT1:ON Timeout:10s IGN ON, QUEUED',
      'DOUT1:IGNORED',
      'DOUT1 Is disabled from CFG',
      'DOUT is disabled from CFG',
    ],
  },
  {
    command: 'pulsedigout',
    syntax: 'pulsedigout <states> <on_ms..> <off_ms..> <repeats..>',
    notes: 'An output that is in the requested state already is not pulsed.',
    destructive: 'moves a physical output; may immobilise the vehicle',
    failure: '^Bad syntax',
    target: 'outputs',
    examples: ['Bad syntax'],
  },
];
