// Whether a file has the tables that its version says: a restore that was cut short, or a hand at work, leaves others.
// Compared with what the migrations up to that version make in an empty database. Writes nothing to the file.
import type { Database } from 'better-sqlite3';

/**
 * @param made an empty database in memory, to which nothing else was done
 * @returns what `database` lacks or has otherwise, one clause each
 */
export function differences(
  database: Database,
  made: Database,
  migrations: readonly string[],
): readonly string[] {
  for (const sql of migrations) made.exec(sql);
  const found = new Map(partsOf(database));
  // Ours are made in one transaction with the version.
  if (migrations.length === 0) return [...found.keys()].map((name) => `${name} in an empty file`);
  return partsOf(made).flatMap(([name, definition]) => {
    const there = found.get(name);
    if (there === undefined) return [`no ${name}`];
    return there === definition ? [] : [`another ${name}`];
  });
}

/** Columns with all that decides what may stand in them, and indexes and triggers as they were written. */
function partsOf(database: Database): readonly (readonly [string, string])[] {
  const columns = database
    .prepare<[], { name: string; definition: string }>(columnsSql)
    .all()
    .map(({ name, definition }) => [`column ${name}`, definition] as const);
  const others = database
    .prepare<[], { name: string; definition: string }>(othersSql)
    .all()
    .map(({ name, definition }) => [name, definition] as const);
  return [...columns, ...others];
}

const columnsSql = `SELECT t.name || '.' || c.name AS name,
    concat_ws(' ', c.type, c."notnull", c.dflt_value, c.pk, c.hidden) AS definition
  FROM sqlite_schema t JOIN pragma_table_xinfo(t.name) c
  WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'`;

/** The index of a UNIQUE or PRIMARY KEY has no text: what it is on stands for it. */
const othersSql = `SELECT s.type || ' ' || s.name AS name,
    coalesce(s.sql, (SELECT group_concat(i.name, ', ') FROM pragma_index_info(s.name) i), '') AS definition
  FROM sqlite_schema s WHERE s.type IN ('index', 'trigger')`;
