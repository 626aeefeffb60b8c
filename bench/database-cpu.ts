import { type Client } from 'pg';
import { processCpuSeconds } from './process-cpu.js';

/** Seconds of CPU that the server's processes of this moment have used, the writers of WAL and checkpoints included. Linux, and a server on this machine. */
export async function databaseCpuSeconds(client: Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('select pid from pg_stat_activity');
  return rows.reduce((sum, { pid }) => sum + cpuSecondsIfAlive(pid), 0);
}

function cpuSecondsIfAlive(pid: number): number {
  try {
    return processCpuSeconds(pid);
  } catch {
    return 0;
  }
}
