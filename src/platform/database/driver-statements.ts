import { type Socket } from 'node:net';
import {
  type ClientBase,
  type Connection,
  type Pool,
  type PoolClient,
  type QueryConfig,
  type QueryResultRow,
  type Submittable,
} from 'pg';
import { type ColumnType, DataSource, type DataSourceOptions, type EntityManager, type QueryRunner } from 'typeorm';

const COPY_DATA = 'd'.charCodeAt(0);
const COPY_DONE = Buffer.from('6300000004', 'hex');
const LENGTH_BYTES = 4;

/**
 * Runs one `copy ... from stdin` with all its data, and resolves when the server is ready for the next statement: outside
 * a transaction the rows are durable then. Rejects with the server's error; the connection stays usable.
 *
 * Statement, data and end go out in one write, without waiting for the server to ask for the data (PostgreSQL passes over
 * data of a statement it refused: manual, "COPY Operations"). Measured with batches of 1,000 rows against pg-copy-streams, which
 * makes eight writes and waits once: see docs/performance.md.
 *
 * @param timeoutMs a server that has not finished by then is left: the socket is closed, so that the pool drops the client.
 */
export async function copyIn(client: PoolClient, statement: string, data: readonly Buffer[], timeoutMs: number): Promise<void> {
  const timer = setTimeout(() => hangUp(client, timeoutMs), timeoutMs);
  try {
    await new Promise<void>((resolve, reject) => client.query(new CopyInQuery(statement, data, resolve, reject)));
  } finally {
    clearTimeout(timer);
  }
}

/** What pg calls while the statement is the client's active one (pg, lib/client.js). */
class CopyInQuery implements Submittable {
  constructor(
    private readonly statement: string,
    private readonly data: readonly Buffer[],
    private readonly resolve: () => void,
    private readonly reject: (error: Error) => void,
  ) {}

  submit(connection: Connection): void {
    const { stream } = connection;
    stream.cork();
    connection.query(this.statement);
    stream.write(copyDataHeader(this.data));
    for (const chunk of this.data) {
      stream.write(chunk);
    }
    stream.write(COPY_DONE);
    stream.uncork();
  }

  handleCopyInResponse(): void {
    // The data has been sent already.
  }

  handleCommandComplete(): void {
    // Only readyForQuery says that the transaction is over.
  }

  handleReadyForQuery(): void {
    this.resolve();
  }

  handleError(error: Error): void {
    this.reject(error);
  }
}

/** One CopyData message around all of the data. */
function copyDataHeader(data: readonly Buffer[]): Buffer {
  const header = Buffer.allocUnsafe(1 + LENGTH_BYTES);
  header[0] = COPY_DATA;
  header.writeUInt32BE(
    data.reduce((sum, chunk) => sum + chunk.length, LENGTH_BYTES),
    1,
  );
  return header;
}

function hangUp(client: PoolClient, timeoutMs: number): void {
  socketOf(client).destroy(new Error(`PostgreSQL did not finish a COPY within ${timeoutMs / 1000} s`));
}

/** The socket of a connection. The types of pg declare it for a Connection only. */
export function socketOf(client: ClientBase): Socket {
  return (client as unknown as { connection: { stream: Socket } }).connection.stream;
}

/** The driver's client of a query runner: TypeORM declares it as any. */
export async function clientOf(queryRunner: QueryRunner): Promise<PoolClient> {
  return (await queryRunner.connect()) as PoolClient;
}

/** The driver's pool: TypeORM declares it on its internal driver only. */
export function poolOf(dataSource: DataSource): Pool {
  return (dataSource.driver as unknown as { master: Pool }).master;
}

/**
 * A statement that each connection of the pool plans once instead of every time it runs: for those that run for every command, say, whose planning
 * costs more than what they do.
 *
 * After five runs PostgreSQL keeps a plan that does not look at the values, so it must be good for any of them: what a partial index is to be
 * found by has to stand in the text, not in a parameter. It keeps the plan only if that costs little more than one for the values. An array of one
 * element is expected to have ten without its value, which costs ten times as much: read it as `(select * from unnest($1) limit $2)` with its
 * length, of which one row is expected. Otherwise every run is planned. A pooler in transaction mode needs
 * DATABASE_PREPARED_STATEMENTS=off, or `max_prepared_statements` above 0 (PgBouncer 1.21 and later).
 */
export class PreparedStatement<Row extends QueryResultRow> {
  /** @param name is its identity within a connection: one name, one text. */
  constructor(
    readonly name: string,
    readonly text: string,
  ) {}

  with(...values: readonly unknown[]): BoundStatement<Row> {
    return { statement: this, values };
  }

  /** Runs in a transaction of its own. Rejects with the driver's error, which `database-errors.ts` knows as well as TypeORM's. */
  async run(dataSource: DataSource, values: readonly unknown[]): Promise<Row[]> {
    // TypeORM's query method takes no statement name.
    const { rows } = await poolOf(dataSource).query<Row>({ name: this.name, text: this.text, values: [...values] });
    return rows;
  }

  /** Runs in the transaction of the manager, which must have one. */
  async runIn(manager: EntityManager, values: readonly unknown[]): Promise<Row[]> {
    const client = (await manager.queryRunner?.connect()) as PoolClient | undefined;
    if (!client) {
      throw new Error(`${this.name} needs a transaction`);
    }
    const { rows } = await client.query<Row>({ name: this.name, text: this.text, values: [...values] });
    return rows;
  }

  /** Runs in the transaction of the manager where it has one, else in a transaction of its own. */
  async runWith(manager: EntityManager, values: readonly unknown[]): Promise<Row[]> {
    return manager.queryRunner ? this.runIn(manager, values) : this.run(manager.dataSource, values);
  }
}

/** A prepared statement with its values. */
export interface BoundStatement<Row extends QueryResultRow> {
  readonly statement: PreparedStatement<Row>;
  readonly values: readonly unknown[];
}

/** The rows of each statement of a list. */
type RowsOf<Statements extends readonly BoundStatement<QueryResultRow>[]> = {
  [Index in keyof Statements]: Statements[Index] extends BoundStatement<infer Row> ? Row[] : never;
};

/**
 * An instance that stops responding in the middle of a transaction (a frozen machine, a lost network) would keep its locks until TCP gives up, after
 * hours, and the other instances would wait for them.
 */
const BEGIN = `begin; set local idle_in_transaction_session_timeout = '10s'`;

/**
 * A transaction whose statements are sent without waiting for the answers of the ones before them: begin goes out together with the first statements,
 * commit with the last ones, in one round trip each. Every statement has a snapshot of its own, taken when PostgreSQL comes to it.
 */
export class PipelinedTransaction {
  private isOpen = false;

  private constructor(
    /** For other statements, between `begin` and `commit`. */
    readonly manager: EntityManager,
    private readonly client: PoolClient,
  ) {}

  /** Runs work that calls `begin` first and `commit` last. Rolls back when it rejects. */
  static async run<T>(dataSource: DataSource, work: (transaction: PipelinedTransaction) => Promise<T>): Promise<T> {
    const runner = dataSource.createQueryRunner();
    try {
      const transaction = new PipelinedTransaction(runner.manager, await clientOf(runner));
      return await work(transaction).finally(() => transaction.rollBack());
    } finally {
      await runner.release();
    }
  }

  async begin<Statements extends readonly BoundStatement<QueryResultRow>[]>(
    ...statements: Statements
  ): Promise<RowsOf<Statements>> {
    this.isOpen = true;
    const [, ...rows] = await this.send([{ text: BEGIN }, ...statements.map(toConfig)]);
    return rows as RowsOf<Statements>;
  }

  async commit<Statements extends readonly BoundStatement<QueryResultRow>[]>(
    ...statements: Statements
  ): Promise<RowsOf<Statements>> {
    const rows = await this.send([...statements.map(toConfig), { text: 'commit' }]);
    this.isOpen = false;
    return rows.slice(0, -1) as RowsOf<Statements>;
  }

  private async rollBack(): Promise<void> {
    if (this.isOpen) {
      // When the connection is lost there is nothing to roll back.
      await this.client.query('rollback').catch(() => undefined);
    }
  }

  /** Rejects with the first error after every statement has been answered: those behind a failed one fail too. */
  private async send(configs: readonly QueryConfig[]): Promise<unknown[][]> {
    const client = this.client as unknown as { pipeline: boolean };
    client.pipeline = true;
    try {
      const answers = await Promise.allSettled(configs.map((config) => this.client.query<QueryResultRow>(config)));
      return answers.map((answer) => {
        if (answer.status === 'rejected') {
          throw answer.reason;
        }
        if (answer.value.command === 'ROLLBACK') {
          throw new Error('PostgreSQL rolled the transaction back');
        }
        return answer.value.rows;
      });
    } finally {
      client.pipeline = false;
    }
  }
}

function toConfig({ statement: { name, text }, values }: BoundStatement<QueryResultRow>): QueryConfig {
  return { name, text, values: [...values] };
}

/** A transaction id. TypeORM has no name for the type; createDataSource lets it accept this one. */
export const XID8 = 'xid8' as ColumnType;

/** A DataSource on which every entity of the gateway can be used. It is not connected. */
export function createDataSource(options: DataSourceOptions): DataSource {
  const dataSource = new DataSource(options);
  if (!dataSource.driver.supportedDataTypes.includes(XID8)) {
    dataSource.driver.supportedDataTypes.push(XID8);
  }
  return dataSource;
}
