import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type Repository } from 'typeorm';
import { Instance } from './cluster-membership.js';
import { Lease } from './lease.entity.js';

/** Leases of this instance. Time is the database's. */
@Injectable()
export class LeasesRepository {
  constructor(
    @InjectRepository(Lease) private readonly leases: Repository<Lease>,
    private readonly instance: Instance,
  ) {}

  /** Takes the lease, or extends it. False: another instance has it. */
  async hold(name: string, seconds: number): Promise<boolean> {
    const result = await this.leases
      .createQueryBuilder()
      .insert()
      .values({ name, instanceId: this.instance.id, leasedUntil: () => `clock_timestamp() + make_interval(secs => ${seconds})` })
      .orUpdate(['instance_id', 'leased_until'], ['name'], {
        overwriteCondition: {
          // The query builder names the table by its entity.
          where: '"Lease"."instance_id" = :instanceId or "Lease"."leased_until" < clock_timestamp()',
          parameters: { instanceId: this.instance.id },
        },
      })
      .returning(['name'])
      .execute();
    return (result.raw as unknown[]).length > 0;
  }

  /** Another instance can take it at once. */
  async release(name: string): Promise<void> {
    await this.leases.delete({ name, instanceId: this.instance.id });
  }
}
