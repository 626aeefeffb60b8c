import { type Pool, type QueryResultRow } from 'pg';
import { type DataSource } from 'typeorm';

/**
 * A statement that each connection of the pool plans once instead of every time it runs: for those that run for every command, say, whose planning
 * costs more than what they do. It runs in a transaction of its own.
 *
 * After five runs PostgreSQL keeps a plan that does not look at the values, so it must be good for any of them: what a partial index is to be
 * found by has to stand in the text, not in a parameter. PgBouncer in transaction mode needs `max_prepared_statements` above 0 (1.21 and later).
 */
export class PreparedStatement<Row extends QueryResultRow> {
  /** @param name is its identity within a connection: one name, one text. */
  constructor(
    readonly name: string,
    readonly text: string,
  ) {}

  /** Rejects with the driver's error, which `database-errors.ts` knows as well as TypeORM's. */
  async run(dataSource: DataSource, values: readonly unknown[]): Promise<Row[]> {
    // TypeORM's own way to a statement has no room for a name.
    const { master } = dataSource.driver as unknown as { master: Pool };
    const { rows } = await master.query<Row>({ name: this.name, text: this.text, values: [...values] });
    return rows;
  }
}
