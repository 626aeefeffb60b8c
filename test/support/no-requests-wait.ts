import { CommandEnds } from '../../src/commands/waiting/command-ends.js';
import { CommandWaits } from '../../src/commands/waiting/command-waits.js';
import { Instance } from '../../src/platform/cluster/cluster-membership.js';
import { type InstanceChannel } from '../../src/platform/cluster/instance-channel.js';

/** The CommandEnds of an instance without waiting requests. */
export function noRequestsWait(): CommandEnds {
  return new CommandEnds(new CommandWaits({ maxWaits: 0, maxWaitsPerKey: 0 }), new Instance(), {} as InstanceChannel);
}
