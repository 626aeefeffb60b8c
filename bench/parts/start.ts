import { join } from 'node:path';
import { atMost } from '../figure.js';
import { Gateway } from '../gateway.js';
import { LoadFleet } from '../load-fleet.js';
import { type Part } from '../part.js';

/** The gateway with a database of its own, stopped and started again: from the start of the process to the first acknowledgement. */
export const startPart: Part = {
  name: 'start',
  byDefault: true,
  async measure(workplace) {
    const dataDir = join(workplace.newFolder('start-'), 'data');
    const first = await firstAcknowledgementMs(dataDir, workplace.folder);
    const second = await firstAcknowledgementMs(dataDir, workplace.folder);
    const name = 'start to first acknowledgement, own database';
    return [
      { name: `${name}, first start`, value: first, unit: 'ms' },
      { name: `${name}, second start`, value: second, unit: 'ms', goal: atMost(1_200) },
    ];
  },
};

async function firstAcknowledgementMs(dataDir: string, cwd: string): Promise<number> {
  const startedAt = performance.now();
  const gateway = await Gateway.start(null, cwd, { DATA_DIR: dataDir });
  const device = new LoadFleet(gateway.port, { devices: 1, recordsPerFrame: 1 });
  await device.logIn();
  device.start();
  await device.stop();
  const tookMs = performance.now() - startedAt;
  device.close();
  await gateway.stop();
  return tookMs;
}
