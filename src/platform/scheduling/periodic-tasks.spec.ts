import { Global, Injectable, Module, type OnApplicationShutdown } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { waitFor } from '../../../test/support/wait-for.js';
import { DatabaseAvailability } from '../database/database-availability.js';
import { Periodic, SchedulingModule } from './periodic-tasks.js';

const failures: string[] = [];
const availability = {
  logFailure: (_logger: unknown, message: string, error: unknown) => void failures.push(`${message}: ${String(error)}`),
};

@Injectable()
class Tasks implements OnApplicationShutdown {
  runs = 0;
  running = 0;
  mostAtOnce = 0;
  failing = true;
  failed = 0;
  runningAtShutdown = -1;
  finish: () => void = () => undefined;

  @Periodic({ everyMs: 1, failure: 'The slow task failed' })
  async slow(): Promise<void> {
    this.runs++;
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.running);
    await new Promise<void>((resolve) => (this.finish = resolve));
    this.running--;
  }

  @Periodic({ everyMs: 1, failure: 'The failing task failed' })
  fail(): void {
    if (this.failing) {
      this.failed++;
      throw new Error(`attempt ${this.failed}`);
    }
  }

  onApplicationShutdown(): void {
    this.runningAtShutdown = this.running;
  }
}

@Global()
@Module({ providers: [{ provide: DatabaseAvailability, useValue: availability }], exports: [DatabaseAvailability] })
class AvailabilityModule {}

@Module({ imports: [AvailabilityModule, SchedulingModule], providers: [Tasks] })
class TestModule {}

describe('periodic tasks', () => {
  it('never overlap, log the first failure in a row, and are waited for by the shutdown', async () => {
    const app = await NestFactory.createApplicationContext(TestModule, { logger: false });
    const tasks = app.get(Tasks);

    await waitFor(() => tasks.failed >= 5 && tasks.runs === 1);
    expect(failures).toEqual(['The failing task failed, retried every 1 ms: Error: attempt 1']);
    tasks.failing = false;
    tasks.finish();
    await waitFor(() => tasks.runs === 2);
    expect(tasks.mostAtOnce).toBe(1);

    const closed = app.close();
    tasks.finish();
    await closed;
    expect(tasks.runningAtShutdown).toBe(0);
    expect(tasks.runs).toBe(2);
  });
});
