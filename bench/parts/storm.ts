import { benchLoginStorm } from '../cluster.js';
import { atLeast } from '../figure.js';
import { type Part } from '../part.js';
import { number } from '../table.js';

export const stormPart: Part = {
  name: 'storm',
  byDefault: true,
  async measure(workplace) {
    const figures = await workplace.withPostgres((url) => benchLoginStorm(url, workplace.folder));
    return [
      {
        name: `login storm, ${number(figures.devices)} devices`,
        value: figures.loginsPerSecond,
        unit: 'logins/s',
        limit: { name: 'bare TCP', value: figures.bareLoginsPerSecond },
        goal: atLeast(3_000),
      },
      { name: 'login storm, telemetry beside it', value: figures.recordsPerSecond, unit: 'records/s' },
    ];
  },
};
