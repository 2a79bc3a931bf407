// Brings the tables of one daemon up to date: notary's own, made where the database is empty and otherwise left
// exactly as they are; and our side tables, by forward migrations. Only looks first, and writes only if need be.
//
// Invariants:
// - notary's tables are never altered: a Go program may be using them at this moment;
// - everything is made in one transaction, under a lock that servers starting at the same time wait for;
// - a database that is half-migrated, of something else, or of a newer release is refused before anything is written.
import { Failure } from '../../errors.ts';
import type { PostgresDatabase, Queries } from './postgres.ts';
import {
  anonymous,
  type Found,
  inspectTables,
  missingRights,
  sideVersion,
  type TableRights,
} from './postgres-inspection.ts';

export interface PostgresSchema {
  /** Whose tables: server and signer may share a database, each with a schema version of its own. */
  readonly owner: 'server' | 'signer';
  /** SQL that makes notary's tables as notary's migrations leave them. */
  readonly notaryTables: string;
  /** The version of notary's own migrations that this is, for its `schema_migrations`. */
  readonly notaryVersion: number;
  /** What must be there of notary's, whoever made it. */
  readonly needs: readonly TableNeeds[];
  /** Our side tables, and the SQL that makes them, from version 1 on; released SQL is never changed, only followed. */
  readonly sideTables: readonly string[];
  readonly migrations: readonly string[];
}

export interface TableNeeds extends TableRights {
  readonly columns: readonly string[];
  /** Columns of a unique index that decides races. */
  readonly unique?: readonly string[];
}

export interface MigrationPlan {
  /** One line for each thing that would be made; none when everything is there. */
  readonly steps: readonly string[];
  readonly sql: readonly string[];
}

/** Of pg_advisory_xact_lock: "para" in ASCII, then one for each owner, as `paraph_schema` is shared. */
const lockId = '1885434465';
/** A migration may wait for another server's, and take as long as it needs. */
const unhurried = `SET LOCAL lock_timeout = '60s'; SET LOCAL statement_timeout = 0`;

const versionTable = `CREATE TABLE IF NOT EXISTS paraph_schema (
  owner varchar(20) PRIMARY KEY,
  version integer NOT NULL
)`;
const notaryVersionTable = `CREATE TABLE schema_migrations (
  version bigint NOT NULL PRIMARY KEY,
  dirty boolean NOT NULL
)`;

const sideRights = ['SELECT', 'INSERT', 'UPDATE'] as const;

/** @throws Failure STORE_FAILED naming what is missing, or that the schema is a newer release's */
export async function prepareSchema(
  database: PostgresDatabase,
  schema: PostgresSchema,
): Promise<void> {
  const plan = await planSchema(database, schema);
  if (plan.sql.length > 0) await migrate(database, schema);
  await refuseWithoutRights(database, schema);
}

/** What `prepareSchema` would do. Only reads. @throws as prepareSchema */
export function planSchema(
  database: PostgresDatabase,
  schema: PostgresSchema,
): Promise<MigrationPlan> {
  return planFor({ query: (statement, values) => database.read(statement, values) }, schema);
}

/** For people: a line for each step. */
export function describePlan({ steps }: MigrationPlan): readonly string[] {
  return steps.length > 0 ? steps : ['nothing is to be made: the tables are up to date'];
}

async function migrate(database: PostgresDatabase, schema: PostgresSchema): Promise<void> {
  await database.transaction(async (tx) => {
    await tx.query(anonymous(unhurried));
    await tx.query(anonymous(`SELECT pg_advisory_xact_lock(${lockId})`));
    // Again, now that nobody else can: another server may have made everything meanwhile.
    const plan = await planFor(tx, schema);
    for (const sql of plan.sql) await tx.query(anonymous(sql));
  });
}

async function planFor(queries: Queries, schema: PostgresSchema): Promise<MigrationPlan> {
  const found = await inspectTables(
    queries,
    schema.needs.map(({ table }) => table),
  );
  const steps: string[] = [];
  const sql: string[] = [];
  const isEmpty = schema.needs.every(({ table }) => !found.columns.has(table));
  if (isEmpty) {
    refuseForeign(found, schema);
    steps.push(`notary's tables would be made: ${tableNames(schema)}`);
    sql.push(schema.notaryTables);
    if (!found.tables.has('schema_migrations')) {
      steps.push(`notary's schema_migrations would be made, at version ${schema.notaryVersion}`);
      const row = `INSERT INTO schema_migrations VALUES (${schema.notaryVersion}, false)`;
      sql.push(notaryVersionTable, row);
    }
  } else {
    refuseIncomplete(found, schema);
  }
  const version = await sideVersion(queries, schema.owner);
  const known = schema.migrations.length;
  if (version > known) throw newer(schema, version);
  for (const [at, migration] of schema.migrations.slice(version).entries()) {
    steps.push(`our side tables would go to schema version ${version + at + 1}:\n${migration}`);
    sql.push(migration);
  }
  if (version < known) {
    const row = `INSERT INTO paraph_schema VALUES ('${schema.owner}', ${known})
      ON CONFLICT (owner) DO UPDATE SET version = excluded.version`;
    sql.push(versionTable, row);
  }
  return { steps, sql };
}

/** Tables that may be there beside: of the other daemon, and of both. */
const relatives: ReadonlySet<string> = new Set([
  'tuf_files',
  'changefeed',
  'change_category',
  'timestamp_keys',
  'private_keys',
  'schema_migrations',
]);

/** An empty database gets tables; one that belongs to something else was named by mistake. */
function refuseForeign({ tables }: Found, schema: PostgresSchema): void {
  const strangers = [...tables].filter(
    (name) => !relatives.has(name) && !name.startsWith('paraph_'),
  );
  if (strangers.length === 0) return;
  const missing = tableNames(schema);
  throw new Failure('STORE_FAILED', `the database is of something else: it has no ${missing}`, {
    facts: { tables: strangers.slice(0, 5).join(', ') },
    remedy: 'Correct the name in storage.db_url, or make an empty database or schema.',
  });
}

function refuseIncomplete({ columns, uniques, isDirty }: Found, schema: PostgresSchema): void {
  const missing: string[] = [];
  for (const need of schema.needs) {
    const there = columns.get(need.table);
    if (there === undefined) {
      missing.push(`table ${need.table}`);
      continue;
    }
    for (const column of need.columns) {
      if (!there.has(column)) missing.push(`column ${need.table}.${column}`);
    }
    const { unique } = need;
    if (unique === undefined) continue;
    const isKept = uniques.get(need.table)?.some((index) => sameNames(index, unique)) ?? false;
    if (!isKept) missing.push(`unique index on ${need.table} (${unique.join(', ')})`);
  }
  if (missing.length > 0) {
    throw new Failure('STORE_FAILED', `notary's tables are incomplete: ${missing.join(', ')}`, {
      remedy: "Run notary's own migrations to their end, or restore the database.",
    });
  }
  if (isDirty) {
    throw new Failure('STORE_FAILED', "notary's migration of this database was broken off", {
      remedy: "Run notary's own migrations to their end: schema_migrations is marked dirty.",
    });
  }
}

/** What a migration could not show: that this user may also use what somebody else made. */
async function refuseWithoutRights(
  database: PostgresDatabase,
  { needs, sideTables }: PostgresSchema,
): Promise<void> {
  const ofSide = sideTables.map((table) => ({ table, rights: sideRights }));
  const lacking = await missingRights(database, [...needs, ...ofSide]);
  if (lacking.length === 0) return;
  const rights = lacking.join(', ');
  throw new Failure('STORE_FAILED', `the database user lacks rights: ${rights}`, {
    remedy: 'Grant them, or connect as the owner of the tables.',
  });
}

function sameNames(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((name) => other.includes(name));
}

function tableNames({ needs }: PostgresSchema): string {
  return needs.map(({ table }) => table).join(', ');
}

function newer({ owner, migrations }: PostgresSchema, version: number): Failure {
  return new Failure(
    'STORE_FAILED',
    `the database has schema version ${version} of the ${owner}, this release knows up to ${migrations.length}`,
    { remedy: 'Start the newer release that wrote it, or restore an older backup.' },
  );
}
