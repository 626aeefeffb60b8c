import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Statements that run in their order, in one transaction. There is no way back: a later migration undoes what an earlier one did. */
export abstract class ForwardMigration implements MigrationInterface {
  /** The class name and the timestamp of the file: TypeORM runs migrations in the order of the timestamps. */
  abstract readonly name: string;
  protected abstract readonly statements: readonly string[];

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of this.statements) {
      await queryRunner.query(statement);
    }
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}
