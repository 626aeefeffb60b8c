import { atMost } from '../figure.js';
import { benchIdle } from '../idle.js';
import { type Part } from '../part.js';
import { number } from '../table.js';
import { requireSockets } from '../workplace.js';

const DEVICES = 15_000;
/** Those that connect before the first look at the memory, and everything else a process has open. */
const BESIDE_THEM = 1_000;

export const idlePart: Part = {
  name: 'idle',
  byDefault: true,
  async measure(workplace) {
    requireSockets(DEVICES + BESIDE_THEM);
    const figures = await workplace.withPostgres((url) => benchIdle(url, workplace.folder, DEVICES));
    const name = `idle, ${number(DEVICES)} devices`;
    return [
      { name: 'gateway without devices, resident', value: figures.emptyMegabytes, unit: 'MB', goal: atMost(120) },
      {
        name: `${name}, each`,
        value: figures.bytesPerDevice / 1000,
        unit: 'KB',
        limit: { name: 'bare TCP', value: figures.bareBytesPerDevice / 1000 },
        goal: atMost(8),
      },
      { name: `${name}, gateway resident`, value: figures.residentMegabytes, unit: 'MB' },
      { name: `${name}, logins, 250 at a time`, value: figures.loginsPerSecond, unit: 'logins/s' },
    ];
  },
};
