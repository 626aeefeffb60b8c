/** Things that go wrong in the field, and what a device does then. */
export const FAULTS = {
  loseAck: 'acts as if the acknowledgement had never come: closes after --ack-timeout and sends again',
  duplicate: 'sends an acknowledged frame once more',
  halfOpen: 'goes silent without closing, and opens a new connection later',
  badCrc: 'sends a frame with a wrong CRC',
  badClock: 'writes a record with a time of zero, far back or far ahead',
  dropReply: 'executes a command and loses the connection before the reply',
  split: 'sends bytes in small pieces',
  rebatch: 'sends again with newer records added to the frame',
} as const;

export type FaultName = keyof typeof FAULTS;

export const FAULT_NAMES = Object.keys(FAULTS) as FaultName[];
