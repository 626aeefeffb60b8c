import { Injectable, type OnModuleInit } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { Instance } from '../../platform/cluster/cluster-membership.js';
import { InstanceChannel } from '../../platform/cluster/instance-channel.js';
import { CommandWaits } from './command-waits.js';

const TOPIC = 'command-ended';

/** A command that a transaction ends. */
export interface AwaitedCommand {
  readonly commandLogId: string;
  /** The instance where a request waits for its end. */
  readonly awaitedBy: string | null;
}

/**
 * What ends commands reports it here, for the requests that wait for the end. Whatever sets `status` to COMPLETED or FAILED
 * 1. notifies the waiting instance in the same transaction: `notifyOthers`, or `notificationOfEnd` in the statement itself,
 * 2. calls `ended` after the commit.
 *
 * A report only wakes: the request then reads the row. One that is missing, or wrong, makes an answer late, never wrong.
 */
@Injectable()
export class CommandEnds implements OnModuleInit {
  constructor(
    private readonly waits: CommandWaits,
    private readonly instance: Instance,
    private readonly channel: InstanceChannel,
  ) {}

  onModuleInit(): void {
    this.channel.handle(TOPIC, {
      onMessage: (commandLogId) => this.ended([commandLogId]),
      onListening: () => this.waits.wakeAll(),
    });
  }

  /** To be called after the commit. Costs nothing for commands that no request of this instance waits for. */
  ended(commandLogIds: readonly string[]): void {
    this.waits.wake(commandLogIds);
  }

  /** To be called in the transaction that ends the commands. Runs a statement only if a request of another instance waits. */
  async notifyOthers(manager: EntityManager, commands: readonly AwaitedCommand[]): Promise<void> {
    const awaited = commands.filter(({ awaitedBy }) => awaitedBy !== null && awaitedBy !== this.instance.id);
    if (awaited.length > 0) {
      await manager.query(
        `select ${notificationOfEnd({ awaitedBy: 'awaited_by', commandLogId: 'id', ownInstance: '$3' })}
           from unnest($1::bigint[], $2::uuid[]) as ended (id, awaited_by)`,
        [awaited.map(({ commandLogId }) => commandLogId), awaited.map(({ awaitedBy }) => awaitedBy), this.instance.id],
      );
    }
  }
}

/**
 * SQL, for the select list of the statement that ends commands: notifies the instance where a request waits, if it is another one. The transaction
 * sends it with its commit. Its value has no meaning.
 */
export function notificationOfEnd(sql: {
  readonly awaitedBy: string;
  readonly commandLogId: string;
  readonly ownInstance: string;
}): string {
  return `case when ${sql.awaitedBy} <> ${sql.ownInstance}::uuid
    then pg_notify('iot_instance_' || replace(${sql.awaitedBy}::text, '-', ''), '${TOPIC} ' || ${sql.commandLogId})::text end`;
}
