import { Global, Module } from '@nestjs/common';
import { StatsRegistry } from './stats-registry.js';

@Global()
@Module({ providers: [StatsRegistry], exports: [StatsRegistry] })
export class ObservabilityModule {}
