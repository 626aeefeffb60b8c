import { Client, escapeLiteral } from 'pg';

/** As a PreparedStatement hands it to the driver. */
export interface Statement {
  readonly name: string;
  readonly text: string;
  readonly values: readonly unknown[];
}

/** A run of a statement by its kept plan. */
export interface KeptPlanRun {
  readonly name: string;
  readonly blocks: number;
  /** As EXPLAIN shows it. */
  readonly plan: string;
}

interface PlanNode extends Record<string, unknown> {
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
}

/** A connection whose statements run by plans that know no values, as those of a gateway's connections do after some runs. */
export class KeptPlans {
  private constructor(private readonly client: Client) {}

  /** The plans are made now, by a first run: what they know of the tables is what is in them now. */
  static async make(url: string, statements: readonly Statement[]): Promise<KeptPlans> {
    const client = new Client({ connectionString: url });
    await client.connect();
    const plans = new KeptPlans(client);
    await client.query('set plan_cache_mode = force_generic_plan');
    for (const { name, text, values } of statements) {
      await client.query(`prepare ${name} as ${text}`);
      await client.query(execution(name, values));
    }
    return plans;
  }

  /** Runs the statement, with everything that it does. */
  async run({ name, values }: Statement): Promise<KeptPlanRun> {
    const { rows } = await this.client.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
      `explain (analyze, buffers, format json) ${execution(name, values)}`,
    );
    const { Plan: root } = rows[0]!['QUERY PLAN'][0];
    return { name, blocks: root['Shared Hit Blocks'] + root['Shared Read Blocks'], plan: JSON.stringify(root) };
  }

  async close(): Promise<void> {
    await this.client.end();
  }
}

function execution(name: string, values: readonly unknown[]): string {
  return values.length === 0 ? `execute ${name}` : `execute ${name} (${values.map(literal).join(', ')})`;
}

function literal(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return escapeLiteral(value);
    case 'number':
    case 'boolean':
      return String(value);
    default:
      if (Array.isArray(value)) {
        // A literal without a type, so that PostgreSQL takes it for the type of the parameter.
        return escapeLiteral(`{${value.map((item) => JSON.stringify(String(item))).join(',')}}`);
      }
      return Buffer.isBuffer(value) ? `'\\x${value.toString('hex')}'` : 'null';
  }
}
