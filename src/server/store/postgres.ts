// The store on PostgreSQL, on the tables of notary as they are: a Go server may read and write them at the same
// time, in a roll-over or for good. The unique index on (gun, role, version) decides between us and it; among our own
// servers there is a lock for each repository besides.
//
// Invariants:
// - rows are inserted in Go's order, so that two writers wait for each other only one way round: no deadlock;
// - nothing of a publish is seen before all of it is;
// - every publish occupies the next version of the snapshot until it commits, also when it brings none. A Go
//   server takes a timestamp that it finds for its own, and would confirm a publish that no timestamp names; at the
//   snapshot it waits instead, and then finds that it was late.
import { createHash } from 'node:crypto';
import { advisoryLock } from '../../daemon/database/advisory-lock.ts';
import {
  openPostgres,
  type PostgresDatabase,
  planPostgres,
  type Transaction,
} from '../../daemon/database/postgres.ts';
import { isUncertain, isUniqueViolation } from '../../daemon/database/postgres-failure.ts';
import type { PostgresSettings } from '../../daemon/database/postgres-settings.ts';
import { sqlTime } from '../../daemon/database/sql-time.ts';
import { Failure } from '../../errors.ts';
import { parseRoleName, type RoleName } from '../../tuf/role.ts';
import { HotFiles } from './hot-files.ts';
import { isStorable, maxStoredVersion, PostgresReads } from './postgres-reads.ts';
import { storeSchema } from './postgres-schema.ts';
import * as sql from './postgres-statements.ts';
import { inInsertionOrder, judgeBase, judgeVersion } from './publication.ts';
import type { Change, ChangeQuery, NewFile, Publication, StoredFile, TufStore } from './store.ts';

const applicationName = 'paraph-server';

/** @throws Failure STORE_FAILED, CONFIG_INVALID as openPostgres */
export async function openPostgresStore(
  { target, maxConnections }: PostgresSettings,
  hot: HotFiles = new HotFiles(),
): Promise<TufStore> {
  const options = { applicationName, maxConnections };
  return new PostgresStore(await openPostgres(target, storeSchema, options), hot);
}

/** What `openPostgresStore` would make. @throws Failure as openPostgres */
export function planPostgresStore(settings: PostgresSettings): Promise<readonly string[]> {
  return planPostgres(settings.target, storeSchema, { applicationName });
}

type Highest = ReadonlyMap<RoleName, { readonly id: number; readonly version: number }>;

class PostgresStore implements TufStore {
  readonly #database: PostgresDatabase;
  readonly #hot: HotFiles;
  readonly #reads: PostgresReads;

  constructor(database: PostgresDatabase, hot: HotFiles) {
    this.#database = database;
    this.#hot = hot;
    this.#reads = new PostgresReads(database, hot);
  }

  newest(gun: string, role: RoleName): Promise<StoredFile | undefined> {
    return this.#reads.newest(gun, role);
  }

  byChecksum(gun: string, role: RoleName, sha256: string): Promise<StoredFile | undefined> {
    return this.#reads.byChecksum(gun, role, sha256);
  }

  byVersion(gun: string, role: RoleName, version: number): Promise<StoredFile | undefined> {
    return this.#reads.byVersion(gun, role, version);
  }

  async publish(publication: Publication): Promise<void> {
    const files = inInsertionOrder(publication);
    const { gun, nowMs } = publication;
    refuseUnstorable(gun, files);
    const sums = files.map(({ bytes }) => createHash('sha256').update(bytes).digest('hex'));
    let stored: { readonly ids: readonly (number | undefined)[]; readonly highest: Highest };
    try {
      stored = await this.#database.transaction(async (tx) => {
        const highest = await lockedHighest(tx, gun, files);
        judgeBase(publication, highest.get('timestamp')?.version);
        for (const file of files) judgeVersion(gun, file, highest.get(file.role)?.version ?? 0);
        return { highest, ids: await insertAll(tx, publication, files, sums, highest) };
      });
    } catch (error) {
      if (isUncertain(error) && (await this.#isStored(gun, files, sums))) return;
      throw error;
    }
    const { ids, highest } = stored;
    for (const [at, { role, version, bytes }] of files.entries()) {
      // What was newest until now is hardly read any more.
      const superseded = highest.get(role)?.id;
      if (superseded !== undefined) this.#hot.forget(superseded);
      const [id, sha256] = [ids[at], sums[at]];
      if (id === undefined || sha256 === undefined) continue;
      this.#hot.forget(id);
      this.#hot.set(id, { role, version, sha256, bytes, createdAtMs: nowMs });
    }
  }

  async remove(gun: string, nowMs: number): Promise<boolean> {
    if (!isStorable(gun)) return false;
    const now = sqlTime(nowMs);
    return this.#database.transaction(async (tx) => {
      const [, gone] = await Promise.all([
        tx.query(sql.lockRepository, [lockOf(gun)]),
        tx.query(sql.removeFiles, [gun]),
        // After it: it waits for a Go server that deletes the same rows, whose trace is then to be seen.
        tx.query(sql.keepFloorsOfGo, [gun]),
      ]);
      if (gone.length === 0) return false;
      const record = [now, gun, 0, '', 'deletion'];
      const [recorded] = await tx.query<{ id: number }>(sql.recordChange, record);
      await Promise.all([
        tx.query(sql.countGeneration, [gun, now, recorded?.id ?? 0]),
        tx.commit(),
      ]);
      return true;
    });
  }

  async floors(gun: string): Promise<ReadonlyMap<RoleName, number>> {
    const floors = new Map<RoleName, number>();
    if (!isStorable(gun)) return floors;
    type FloorRow = { role: string; version: number };
    for (const row of await this.#database.read<FloorRow>(sql.readFloors, [gun])) {
      const role = parseRoleName(row.role);
      floors.set(role, Math.max(row.version, floors.get(role) ?? 0));
    }
    return floors;
  }

  async changes(query: ChangeQuery): Promise<readonly Change[]> {
    const { gun, fromId, backwards, limit } = query;
    if (gun !== undefined && !isStorable(gun)) return [];
    const before = fromId <= 0 ? Number.MAX_SAFE_INTEGER : fromId;
    const bounds = [backwards ? before : fromId, limit];
    const [ofAll, ofGun] = backwards
      ? [sql.changesUntil, sql.changesUntilOfGun]
      : [sql.changesAfter, sql.changesAfterOfGun];
    const rows =
      gun === undefined
        ? await this.#database.read<sql.ChangeRow>(ofAll, bounds)
        : await this.#database.read<sql.ChangeRow>(ofGun, [...bounds, gun]);
    const oldestFirst = backwards ? rows.toReversed() : rows;
    return oldestFirst.map(change);
  }

  async check(): Promise<void> {
    await this.#database.read(sql.readNothing);
  }

  close(): Promise<void> {
    return this.#database.close();
  }

  /** Whether a publish of which the commit was not answered is there: all of it is, if its last row is. */
  async #isStored(gun: string, files: readonly NewFile[], sums: readonly string[]) {
    const last = files.at(-1);
    if (last === undefined) return true;
    const found = await this.#reads.byVersion(gun, last.role, last.version);
    return found?.sha256 === sums.at(-1);
  }
}

/** The newest version of every role of `files`, of the timestamp and of the snapshot, with the repository locked. */
async function lockedHighest(
  tx: Transaction,
  gun: string,
  files: readonly NewFile[],
): Promise<Highest> {
  const roles = new Set<RoleName>([...files.map(({ role }) => role), 'timestamp', 'snapshot']);
  const [, rows] = await Promise.all([
    tx.query(sql.lockRepository, [lockOf(gun)]),
    tx.query<{ role: string; id: number; version: number }>(sql.findHighest, [gun, [...roles]]),
  ]);
  return new Map(rows.map(({ role, id, version }) => [parseRoleName(role), { id, version }]));
}

/** @returns the ids of the rows, in the order of `files` */
async function insertAll(
  tx: Transaction,
  { gun, nowMs }: Publication,
  files: readonly NewFile[],
  sums: readonly string[],
  highest: Highest,
): Promise<readonly (number | undefined)[]> {
  const now = sqlTime(nowMs);
  const insert = (role: RoleName, version: number, sha256: string, bytes: Buffer) =>
    tx.query<{ id: number }>(sql.insertFile, [now, gun, role, version, sha256, bytes]);
  const nextSnapshot = (highest.get('snapshot')?.version ?? 0) + 1;
  const hasSnapshot = files.some(({ role }) => role === 'snapshot');
  const sent: Promise<readonly { id: number }[]>[] = [];
  const others: Promise<unknown>[] = [];
  for (const [at, { role, version, bytes }] of files.entries()) {
    const sha256 = sums[at] ?? '';
    if (role === 'timestamp' && !hasSnapshot) {
      others.push(insert('snapshot', nextSnapshot, '', Buffer.alloc(0)));
      others.push(tx.query(sql.removePlaceholder, [gun, 'snapshot', nextSnapshot]));
    }
    sent.push(insert(role, version, sha256, bytes));
    if (role === 'timestamp') {
      others.push(tx.query(sql.recordChange, [now, gun, version, sha256, 'update']));
    }
  }
  others.push(tx.commit());
  try {
    const [rows] = await Promise.all([Promise.all(sent), Promise.all(others)]);
    return rows.map(([row]) => row?.id);
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw new Failure('VERSION_CONFLICT', `${gun}: another server published first`);
  }
}

function refuseUnstorable(gun: string, files: readonly NewFile[]): void {
  if (!isStorable(gun, ...files.map(({ role }) => role))) {
    throw new Failure('UPLOAD_REJECTED', 'a name holds a zero byte, which no database keeps', {
      facts: { kind: 'ErrValidation' },
    });
  }
  const excess = files.find(({ version }) => version > maxStoredVersion);
  if (excess === undefined) return;
  const { role, version } = excess;
  throw new Failure('VERSION_LEAP', `${role} ${version} is more than the tables can hold`);
}

/** For pg_advisory_xact_lock: one place for each repository. */
const lockOf = (gun: string): string => advisoryLock(`paraph ${gun}`).toString();

function change(row: sql.ChangeRow): Change {
  const { id, gun, version, sha256, category, created_ms: createdAtMs } = row;
  if (category !== 'update' && category !== 'deletion') {
    throw new Failure('STORE_FAILED', `changefeed ${id} has an unknown category`);
  }
  return { id, createdAtMs, gun, version, sha256, category };
}
