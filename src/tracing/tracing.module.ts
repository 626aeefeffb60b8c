import { Module } from '@nestjs/common';
import { DeviceTraces } from './device-traces.js';
import { DeviceTracesController } from './device-traces.controller.js';

/** Whose bytes are logged, and until when. */
@Module({ controllers: [DeviceTracesController], providers: [DeviceTraces] })
export class TracingModule {}
