import { Body, Controller, Delete, Get, Put } from '@nestjs/common';
import { ApiExcludeController } from '../../platform/http/open-api-decorators.js';
import { IsInt, Max, Min } from 'class-validator';
import { Actor, type AuditActor } from '../../access/audit/audit-actor.js';
import { AuditService } from '../../access/audit/audit.service.js';
import { Optional } from '../../platform/http/request-values.js';
import { SimulatorProcess, type SimulatorState } from './simulator-process.js';

const MAX_DEVICES = 500;
const DEFAULT_DEVICES = 20;

export class StartSimulatorDto {
  @Optional()
  @IsInt({ message: 'devices must be a whole number' })
  @Min(1, { message: 'devices must be at least 1' })
  @Max(MAX_DEVICES, { message: `devices must be at most ${MAX_DEVICES}` })
  readonly devices?: number;
}

interface SimulatorAnswer {
  readonly success: true;
  readonly simulator: SimulatorState;
}

/** Simulated devices beside the instance that answers. Not a part of the API: it exists for the console, and not in production. */
@ApiExcludeController()
@Controller('console/simulator')
export class SimulatorController {
  constructor(
    private readonly simulator: SimulatorProcess,
    private readonly audit: AuditService,
  ) {}

  @Get()
  show(): SimulatorAnswer {
    this.simulator.requireOffered();
    return { success: true, simulator: this.simulator.state };
  }

  /** Starts it. Without effect while it runs. */
  @Put()
  async start(@Body() { devices = DEFAULT_DEVICES }: StartSimulatorDto, @Actor() actor: AuditActor): Promise<SimulatorAnswer> {
    this.simulator.requireOffered();
    const wasRunning = this.simulator.state.running;
    const simulator = this.simulator.start(devices);
    if (!wasRunning) {
      await this.audit.recordDone({ actor, action: 'simulator.started', details: { devices } });
    }
    return { success: true, simulator };
  }

  /** Stops it, and answers when it has ended. */
  @Delete()
  async stop(@Actor() actor: AuditActor): Promise<SimulatorAnswer> {
    this.simulator.requireOffered();
    const wasRunning = this.simulator.state.running;
    await this.simulator.stop();
    if (wasRunning) {
      await this.audit.recordDone({ actor, action: 'simulator.stopped' });
    }
    return { success: true, simulator: this.simulator.state };
  }
}
