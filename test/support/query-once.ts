import { Client } from 'pg';

/** One statement over a connection of its own. */
export async function queryOnce<T>(url: string, sql: string): Promise<T[]> {
  const client = new Client(url);
  await client.connect();
  try {
    return (await client.query(sql)).rows as T[];
  } finally {
    await client.end();
  }
}
