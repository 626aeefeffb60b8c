import { Action, type ActionDraft } from './action-definition.js';
import { type ActionParams } from './action-params.js';

/** The largest hold time and speed limit are those that are certain to fit: the documentation gives none. */
const OUTPUT_PARAMS: ActionParams = {
  timeoutSeconds: {
    type: 'integer',
    minimum: 1,
    maximum: 86_400,
    description: 'How long the device holds the state, in seconds. Not given: until it is changed.',
  },
  maxSpeedKmh: {
    type: 'integer',
    minimum: 1,
    maximum: 250,
    description:
      'The speed up to which the output is switched, in km/h. Checked by the gateway before the command is written, and by the device.',
  },
};

/**
 * setdigout takes a state, a hold time and a speed limit for each output of the device, "?" for what is left alone: Teltonika, "SMS/GPRS command -
 * setdigout". A TFT100 has two outputs.
 */
const SWITCHES: readonly { readonly output: 1 | 2; readonly template: (level: 0 | 1) => string }[] = [
  { output: 1, template: (level) => `setdigout ${level}?[ {timeoutSeconds|?} ?[ {maxSpeedKmh} ?]]` },
  { output: 2, template: (level) => `setdigout ?${level}[ ? {timeoutSeconds|?}[ ? {maxSpeedKmh}]]` },
];
const STATES = [
  { name: 'on', level: 1 },
  { name: 'off', level: 0 },
] as const;

/** Switch one output of a TFT100: `output1-on`, `output1-off`, `output2-on` and `output2-off`. */
export const OUTPUT_ACTIONS: readonly Action[] = SWITCHES.flatMap(({ output, template }) =>
  STATES.map(({ name, level }): ActionDraft => {
    return {
      action: `output${output}-${name}`,
      description: `Switches digital output ${output} ${name}.`,
      template: template(level),
      params: OUTPUT_PARAMS,
      guard: { maxSpeedKmh: '{maxSpeedKmh}' },
    };
  }),
).map((draft) => new Action(draft));
