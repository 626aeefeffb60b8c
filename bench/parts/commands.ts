import { benchCommands, type CommandFigures } from '../commands.js';
import { atLeast, atMost, type Figure } from '../figure.js';
import { type Part } from '../part.js';
import { number } from '../table.js';

const DEVICES = 1_000;
/** A quarter of what the ingest part reaches on the machine of docs/performance.md. */
const RECORDS_PER_SECOND = 18_000;

export const commandsPart: Part = {
  name: 'commands',
  byDefault: true,
  async measure(workplace) {
    const load = { devices: DEVICES, recordsPerSecond: RECORDS_PER_SECOND };
    return figuresOf(
      await workplace.withPostgres((url) => benchCommands(url, workplace.folder, load), { track_commit_timestamp: 'on' }),
    );
  },
};

function figuresOf(figures: CommandFigures): Figure[] {
  const steady = `commands, ${number(figures.devices)} devices, ${number(figures.commandsPerSecond)}/s`;
  const openLoop = `commands, ${number(figures.devices)} devices, ${number(figures.openLoopPerSecond)}/s offered`;
  const saturated = `commands, ${number(figures.devices)} devices, ${figures.concurrency} at a time`;
  return [
    { name: `${steady}, POST to stored reply p50`, value: figures.roundTripP50Ms, unit: 'ms', goal: atMost(6) },
    { name: `${steady}, POST to stored reply p99`, value: figures.roundTripP99Ms, unit: 'ms', goal: atMost(40) },
    { name: `${steady}, flush in it p50`, value: figures.flushP50Ms, unit: 'ms' },
    { name: `${steady}, telemetry beside it`, value: figures.recordsPerSecond, unit: 'records/s' },
    { name: `${openLoop}, POST to bytes at the device p50`, value: figures.postToDeviceP50Ms, unit: 'ms', goal: atMost(15) },
    { name: `${openLoop}, POST to bytes at the device p99`, value: figures.postToDeviceP99Ms, unit: 'ms', goal: atMost(100) },
    {
      name: `${saturated}, completed`,
      value: figures.completedPerSecond,
      unit: 'commands/s',
      limit: { name: 'bare HTTP', value: figures.barePostsPerSecond },
      goal: atLeast(2_000),
    },
    { name: `${saturated}, gateway CPU`, value: figures.gatewayCpuMicrosecondsPerCommand, unit: 'us/command', goal: atMost(350) },
    {
      name: `${saturated}, PostgreSQL CPU`,
      value: figures.postgresCpuMicrosecondsPerCommand,
      unit: 'us/command',
      goal: atMost(350),
    },
  ];
}
