// The embedded store: one file, one process or several on the same machine. What the tables are is said in
// sqlite-schema.ts; writers share a transaction (WriteQueue). Reads ask the index for the row id and take the
// bytes from memory when they are there: never stale, whoever wrote. Only the newest timestamp, which every
// client asks for, is looked up once for all requests that one turn of the event loop brings.
import { createHash } from 'node:crypto';
import { sqlTime, sqlTimeMs } from '../../daemon/database/sql-time.ts';
import { attempt, type Database, openSqlite } from '../../daemon/database/sqlite.ts';
import { WriteQueue } from '../../daemon/database/write-queue.ts';
import { Failure } from '../../errors.ts';
import { parseRoleName, type RoleName } from '../../tuf/role.ts';
import { HotFiles } from './hot-files.ts';
import { inInsertionOrder, judgeBase, judgeVersion } from './publication.ts';
import { storeSchema } from './sqlite-schema.ts';
import { type ChangeRow, prepareStatements, type Statements } from './sqlite-statements.ts';
import type { Change, ChangeQuery, NewFile, Publication, StoredFile, TufStore } from './store.ts';

const cannotRead = 'the tables could not be read';

/** @throws Failure ADDON_MISSING, DISK, STORE_FAILED */
export async function openSqliteStore(
  file: string,
  hot: HotFiles = new HotFiles(),
): Promise<TufStore> {
  return new SqliteStore(await openSqlite(file, storeSchema), hot);
}

interface Inserted {
  readonly id: number;
  readonly sha256: string;
  /** The row that was newest for this role until now. */
  readonly superseded: number | undefined;
}

class SqliteStore implements TufStore {
  readonly #database: Database;
  readonly #sql: Statements;
  readonly #hot: HotFiles;
  readonly #queue: WriteQueue;
  /** Newest timestamps looked up in this turn of the event loop, by repository. */
  readonly #thisTurn = new Map<string, StoredFile>();

  constructor(database: Database, hot: HotFiles) {
    this.#database = database;
    this.#sql = prepareStatements(database);
    this.#hot = hot;
    this.#queue = new WriteQueue(database);
  }

  async newest(gun: string, role: RoleName): Promise<StoredFile | undefined> {
    if (role !== 'timestamp') return this.#read(() => this.#sql.newest.get(gun, role));
    const known = this.#thisTurn.get(gun);
    if (known !== undefined) return known;
    const found = this.#read(() => this.#sql.newest.get(gun, role));
    if (found === undefined) return undefined;
    if (this.#thisTurn.size === 0) setImmediate(() => this.#thisTurn.clear());
    this.#thisTurn.set(gun, found);
    return found;
  }

  async byChecksum(gun: string, role: RoleName, sha256: string): Promise<StoredFile | undefined> {
    return this.#read(() => this.#sql.byChecksum.get(sha256, gun, role));
  }

  async byVersion(gun: string, role: RoleName, version: number): Promise<StoredFile | undefined> {
    return this.#read(() => this.#sql.byVersion.get(gun, role, version));
  }

  async publish(publication: Publication): Promise<void> {
    const files = inInsertionOrder(publication);
    const sums = files.map(({ bytes }) => createHash('sha256').update(bytes).digest('hex'));
    const rows = await this.#queue.write(() => this.#insert(publication, files, sums));
    this.#thisTurn.clear();
    for (const [at, { role, version, bytes }] of files.entries()) {
      const row = rows[at];
      if (row === undefined) continue;
      // What was newest until now is hardly read any more.
      if (row.superseded !== undefined) this.#hot.forget(row.superseded);
      const createdAtMs = publication.nowMs;
      this.#hot.set(row.id, { role, version, sha256: row.sha256, bytes, createdAtMs });
    }
  }

  async remove(gun: string, nowMs: number): Promise<boolean> {
    const { raiseFloors, removeFiles, countGeneration, recordChange } = this.#sql;
    const wasThere = await this.#queue.write(() => {
      raiseFloors.run(gun);
      if (removeFiles.run(gun).changes === 0) return false;
      countGeneration.run(gun, sqlTime(nowMs));
      recordChange.run(sqlTime(nowMs), gun, 0, '', 'deletion');
      return true;
    });
    this.#thisTurn.clear();
    return wasThere;
  }

  async floors(gun: string): Promise<ReadonlyMap<RoleName, number>> {
    const rows = attempt(cannotRead, () => this.#sql.floors.all(gun));
    return new Map(rows.map(({ role, version }) => [parseRoleName(role), version]));
  }

  async changes(query: ChangeQuery): Promise<readonly Change[]> {
    const { gun, fromId, backwards, limit } = query;
    const before = fromId <= 0 ? Number.MAX_SAFE_INTEGER : fromId;
    const { after, afterOfGun, until, untilOfGun } = this.#sql;
    const rows = attempt(cannotRead, () => {
      if (backwards) {
        const newestFirst =
          gun === undefined ? until.all(before, limit) : untilOfGun.all(gun, before, limit);
        return newestFirst.reverse();
      }
      return gun === undefined ? after.all(fromId, limit) : afterOfGun.all(gun, fromId, limit);
    });
    return rows.map(change);
  }

  async check(): Promise<void> {
    attempt(cannotRead, () => this.#sql.check.get());
  }

  async close(): Promise<void> {
    this.#queue.flush();
    this.#database.close();
  }

  #insert(
    publication: Publication,
    files: readonly NewFile[],
    sums: readonly string[],
  ): readonly Inserted[] {
    const { gun, nowMs } = publication;
    const { highest, insertFile, recordChange } = this.#sql;
    judgeBase(publication, highest.get(gun, 'timestamp')?.version);
    const now = sqlTime(nowMs);
    return files.map((file, at) => {
      const { role, version, bytes } = file;
      const sha256 = sums[at] ?? '';
      const before = highest.get(gun, role);
      judgeVersion(gun, file, before?.version ?? 0);
      const { lastInsertRowid } = insertFile.run(now, now, gun, role, version, bytes, sha256);
      if (role === 'timestamp') recordChange.run(now, gun, version, sha256, 'update');
      return { id: Number(lastInsertRowid), sha256, superseded: before?.id };
    });
  }

  #read(find: () => number | undefined): StoredFile | undefined {
    return attempt(cannotRead, () => {
      const id = find();
      if (id === undefined) return undefined;
      return this.#hot.get(id) ?? this.#load(id);
    });
  }

  /** Undefined when the row was deleted by another process just now. */
  #load(id: number): StoredFile | undefined {
    const row = this.#sql.file.get(id);
    if (row === undefined) return undefined;
    const file = {
      role: parseRoleName(row.role),
      version: row.version,
      sha256: row.sha256,
      bytes: row.data,
      createdAtMs: sqlTimeMs(row.created_at),
    };
    this.#hot.set(id, file);
    return file;
  }
}

function change(row: ChangeRow): Change {
  const { id, gun, version, category } = row;
  if (category !== 'update' && category !== 'deletion') {
    throw new Failure('STORE_FAILED', `changefeed ${id} has an unknown category`);
  }
  return {
    id,
    createdAtMs: sqlTimeMs(row.created_at),
    gun,
    version,
    sha256: row.sha256 ?? '',
    category,
  };
}
