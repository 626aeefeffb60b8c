import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { ScheduleModule } from '@nestjs/schedule';
import { PeriodicTasks } from './periodic-tasks.js';

/** Periodic work: @Periodic, and @Cron of @nestjs/schedule. */
@Module({ imports: [ScheduleModule.forRoot(), DiscoveryModule], providers: [PeriodicTasks] })
export class SchedulingModule {}
