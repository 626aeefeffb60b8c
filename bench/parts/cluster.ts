import { benchCluster } from '../cluster.js';
import { atMost } from '../figure.js';
import { type Part } from '../part.js';

export const clusterPart: Part = {
  name: 'cluster',
  byDefault: true,
  async measure(workplace) {
    const figures = await workplace.withPostgres((url) => benchCluster(url, workplace.folder));
    const crossing = 'two instances, POST at one to bytes at the other';
    return [
      { name: `${crossing}, p50`, value: figures.postToOtherSocketP50Ms, unit: 'ms', goal: atMost(15) },
      { name: `${crossing}, p99`, value: figures.postToOtherSocketP99Ms, unit: 'ms', goal: atMost(60) },
      {
        name: `two instances, kill -9 to all ${figures.recoveredDevices} devices acknowledged by the other`,
        value: figures.recoveredAfterMs,
        unit: 'ms',
      },
    ];
  },
};
