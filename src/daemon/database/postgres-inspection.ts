// What a database holds: looked up in PostgreSQL's own catalogue, as the search path finds it. Judges nothing and
// writes nothing.
import type { PostgresDatabase, Queries, Statement } from './postgres.ts';

export interface Found {
  /** Every table of the schema in which new ones would be made. */
  readonly tables: ReadonlySet<string>;
  /** Columns of the tables asked for, by table; only of those that are there. */
  readonly columns: ReadonlyMap<string, ReadonlySet<string>>;
  /** Unique indexes of those tables: columns in their order. */
  readonly uniques: ReadonlyMap<string, readonly (readonly string[])[]>;
  /** Notary's own migration of this database was broken off. */
  readonly isDirty: boolean;
}

export interface TableRights {
  readonly table: string;
  readonly rights: readonly ('SELECT' | 'INSERT' | 'UPDATE' | 'DELETE')[];
}

export async function inspectTables(queries: Queries, names: readonly string[]): Promise<Found> {
  const tables = await queries.query<{ name: string }>(anonymous(tablesSql));
  const columns = new Map<string, Set<string>>();
  const found = await queries.query<{ name: string; col: string }>(anonymous(columnsSql), [names]);
  for (const { name, col } of found) columns.set(name, (columns.get(name) ?? new Set()).add(col));
  const uniques = new Map<string, readonly (readonly string[])[]>();
  const indexes = await queries.query<{ name: string; cols: string[] }>(anonymous(uniquesSql), [
    names,
  ]);
  for (const { name, cols } of indexes) uniques.set(name, [...(uniques.get(name) ?? []), cols]);
  return {
    tables: new Set(tables.map(({ name }) => name)),
    columns,
    uniques,
    isDirty: await isDirty(queries),
  };
}

/** The version of our side tables; 0 when there are none. */
export async function sideVersion(queries: Queries, owner: string): Promise<number> {
  const asked = anonymous("SELECT to_regclass('paraph_schema')::text AS name");
  const [table] = await queries.query<{ name: string | null }>(asked);
  if (table === undefined || table.name === null) return 0;
  const version = anonymous('SELECT version FROM paraph_schema WHERE owner = $1');
  const [row] = await queries.query<{ version: number }>(version, [owner]);
  return row?.version ?? 0;
}

/** Those of `wanted` that this user does not have, as `INSERT on tuf_files`; `writing` on a standby. */
export async function missingRights(
  database: PostgresDatabase,
  wanted: readonly TableRights[],
): Promise<readonly string[]> {
  const asked = wanted.flatMap(({ table, rights }) => rights.map((right) => ({ table, right })));
  const rows = await database.read<{ lacking: string }>(anonymous(rightsSql), [
    asked.map(({ table }) => table),
    asked.map(({ right }) => right),
  ]);
  return rows.map(({ lacking }) => lacking);
}

/** Asked once in the life of a process: not worth a name on the connection. */
export function anonymous(text: string): Statement {
  return { name: '', text };
}

const tablesSql = `SELECT c.relname::text AS name
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p')`;

const named = `FROM unnest($1::text[]) AS t (name)
  JOIN pg_class c ON c.relname = t.name AND c.relkind IN ('r', 'p') AND pg_table_is_visible(c.oid)`;

const columnsSql = `SELECT t.name, a.attname::text AS col ${named}
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped`;

const uniquesSql = `SELECT t.name, array_agg(a.attname::text ORDER BY k.position) AS cols ${named}
  JOIN pg_index i ON i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL
  CROSS JOIN LATERAL unnest(i.indkey::smallint[]) WITH ORDINALITY AS k (attnum, position)
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
  GROUP BY t.name, i.indexrelid`;

const rightsSql = `WITH wanted AS (SELECT * FROM unnest($1::text[], $2::text[]) AS w (name, privilege))
  SELECT privilege || ' on ' || name AS lacking FROM wanted WHERE NOT has_table_privilege(name, privilege)
  UNION ALL
  SELECT 'USAGE on the sequence of ' || name FROM wanted WHERE privilege = 'INSERT' AND CASE
    WHEN EXISTS (SELECT FROM pg_attribute WHERE attrelid = name::regclass AND attname = 'id')
    THEN NOT has_sequence_privilege(pg_get_serial_sequence(name, 'id'), 'USAGE') END
  UNION ALL
  SELECT 'writing: the database is a standby' WHERE pg_is_in_recovery()`;

async function isDirty(queries: Queries): Promise<boolean> {
  const asked = anonymous(`SELECT 1 FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relname = 'schema_migrations' AND pg_table_is_visible(c.oid) AND a.attname = 'dirty'`);
  if ((await queries.query(asked)).length === 0) return false;
  return (await queries.query(anonymous('SELECT 1 FROM schema_migrations WHERE dirty'))).length > 0;
}
