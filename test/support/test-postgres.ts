/**
 * The PostgreSQL server of this jest run, as a URL that may create databases. `global-setup.ts` starts it, or takes the one
 * named by TEST_DATABASE_URL.
 */
export function testServerUrl(): string {
  return published('TEST_SERVER_URL');
}

/** The name of a database of this run. A server given by TEST_DATABASE_URL may serve several runs at once. */
export function testDatabaseName(suffix: string): string {
  return `${published('TEST_RUN')}_${suffix}`;
}

function published(name: string): string {
  const value = process.env[name];
  if (value === undefined) {
    throw new Error(`${name} is not set: the jest project needs test/support/global-setup.ts as its globalSetup`);
  }
  return value;
}
