import { type CommandDraft } from './command-definition.js';

const SCOOTER = 'For the TST100 scooter.';

/** Commands that Teltonika lists without a word about their replies: whatever a device says completes them. */
export const UNANSWERED_COMMANDS: readonly CommandDraft[] = [
  { command: 'getimsi', tft100: true },
  { command: 'allver', tft100: true },
  { command: 'fwstats', tft100: true },
  { command: 'defaultcfg', destructive: 'the device forgets its server and does not come back' },
  { command: 'web_connect' },
  { command: 'countrecs' },
  { command: 'getops', notes: 'Looks for networks first, which takes long.' },
  {
    command: 'sclockctrl',
    syntax: 'sclockctrl <0 unlock|1 lock>',
    notes: SCOOTER,
    destructive: 'locks or unlocks the vehicle',
    target: 'scooter-lock',
  },
  {
    command: 'scenginectrl',
    syntax: 'scenginectrl <0|1>',
    notes: SCOOTER,
    destructive: 'switches the engine',
    target: 'scooter-engine',
  },
  { command: 'scsetspdlim', syntax: 'scsetspdlim <mode> <limit>', notes: SCOOTER, target: 'scooter-speed-limit:{1}' },
  { command: 'scsetmode', syntax: 'scsetmode <0 normal|1 eco|2 sport>', notes: SCOOTER, target: 'scooter-mode' },
  { command: 'scledctrl', syntax: 'scledctrl <value>', notes: SCOOTER, target: 'scooter-led' },
  { command: 'scsetledswitch', syntax: 'scsetledswitch <0|1>', notes: SCOOTER, target: 'scooter-led-switch' },
  { command: 'scsetunits', syntax: 'scsetunits <0 km|1 mi>', notes: SCOOTER, target: 'scooter-units' },
  { command: 'scrstcnt', syntax: 'scrstcnt <1|2|3>', notes: SCOOTER },
  { command: 'screbootsys', notes: SCOOTER, destructive: 'restarts the vehicle' },
  { command: 'scpoweroff', notes: SCOOTER, destructive: 'switches the vehicle off' },
  { command: 'scsetcruiseswitch', syntax: 'scsetcruiseswitch <0|1>', notes: SCOOTER, target: 'scooter-cruise' },
  { command: 'sclookfor', syntax: 'sclookfor <n>', notes: SCOOTER },
  { command: 'scsetbtcode', syntax: 'scsetbtcode <6 digits>', notes: SCOOTER, target: 'scooter-bt-code' },
];
