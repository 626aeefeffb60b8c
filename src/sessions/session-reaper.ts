import { Injectable, Logger } from '@nestjs/common';
import { ClusterMembership } from '../platform/cluster/cluster-membership.js';
import { InstancesRepository } from '../platform/cluster/instances.repository.js';
import { countOf } from '../platform/observability/log-text.js';
import { deviceDisconnected } from '../events/bodies/device-bodies.js';
import { EventLog } from '../events/event-log.js';
import { Periodic } from '../platform/scheduling/periodic-tasks.js';
import { SessionsRepository } from './sessions.repository.js';

const REAP_EVERY_MS = 2_000;

/** Ends the sessions of dead instances. Every instance runs it; a lock lets one at a time through. */
@Injectable()
export class SessionReaper {
  private readonly logger = new Logger(SessionReaper.name);

  constructor(
    private readonly instances: InstancesRepository,
    private readonly sessions: SessionsRepository,
    private readonly membership: ClusterMembership,
    private readonly events: EventLog,
  ) {}

  @Periodic({ everyMs: REAP_EVERY_MS, failure: 'Dead instances could not be reaped' })
  async reap(): Promise<void> {
    if (!this.membership.isMember) {
      return;
    }
    await this.sessions.transaction(async (manager) => {
      const dead = await this.instances.lockDead(manager);
      if (dead.length > 0) {
        const freed = await this.sessions.free(manager, dead);
        await this.events.append(
          manager,
          freed.map((session) => deviceDisconnected(session, 'instance-died')),
        );
        await this.instances.remove(manager, dead);
        this.logger.warn(
          `Released ${countOf(freed.length, 'device session')} of ${countOf(dead.length, 'dead instance')}: ${dead.join(', ')}`,
        );
      }
    });
  }
}
