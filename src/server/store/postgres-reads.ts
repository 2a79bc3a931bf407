// Finding and reading rows of `tuf_files`. A lookup in the index says which row answers, whoever wrote it; its bytes are
// taken from memory when they are there. What is in memory counts only with the checksum that the lookup gave: ids
// can be given twice when a database is restored from a backup or a replica takes over that lacked the last rows.
//
// Invariant: what is read at once is bounded in bytes, since every publisher chooses how large its files are: they travel
// as hex, twice their size. Large files are read one by one, on one connection, and nobody who reads a small one waits.
import { createHash } from 'node:crypto';
import type { PostgresDatabase, Statement, Value } from '../../daemon/database/postgres.ts';
import { parseRoleName, type RoleName } from '../../tuf/role.ts';
import type { HotFiles } from './hot-files.ts';
import {
  type FileRow,
  type FoundRow,
  findChecksum,
  findNewest,
  findVersion,
  readFiles,
} from './postgres-statements.ts';
import { SharedLookups } from './shared-lookups.ts';
import type { StoredFile } from './store.ts';

/** Of the column `version`: nothing above it is stored. */
export const maxStoredVersion = 2_147_483_647;

/** PostgreSQL keeps no text with a zero byte, so there is no row to find; to ask would fail for all who ask along. */
export function isStorable(...texts: readonly string[]): boolean {
  return !texts.some((text) => text.includes('\0'));
}

type Question = readonly (string | number)[];
type Found = Pick<FoundRow, 'id' | 'sha256' | 'size'>;
type Row = Pick<FoundRow, 'id' | 'size'>;

/** Files of one statement, together. */
const maxBytesAtOnce = 4 * 1024 * 1024;
/** A file above this is read alone. */
const largeFileBytes = 1024 * 1024;

export class PostgresReads {
  readonly #hot: HotFiles;
  readonly #newest: SharedLookups<Question, Found>;
  readonly #byVersion: SharedLookups<Question, Found>;
  readonly #byChecksum: SharedLookups<Question, Found>;
  readonly #rows: SharedLookups<Row, StoredFile>;
  readonly #largeRows: SharedLookups<Row, StoredFile>;

  constructor(database: PostgresDatabase, hot: HotFiles) {
    this.#hot = hot;
    const finder =
      (statement: Statement) =>
      async (questions: readonly Question[]): Promise<readonly (Found | undefined)[]> => {
        const rows = await database.read<FoundRow>(statement, columnsOf(questions));
        const found = new Map(rows.map((row) => [row.at, row]));
        return questions.map((_, at) => found.get(at + 1));
      };
    this.#newest = new SharedLookups(finder(findNewest));
    this.#byVersion = new SharedLookups(finder(findVersion));
    this.#byChecksum = new SharedLookups(finder(findChecksum));
    const reader = async (wanted: readonly Row[]): Promise<readonly (StoredFile | undefined)[]> => {
      const rows = await database.read<FileRow>(readFiles, [wanted.map(({ id }) => id)]);
      const files = new Map(rows.map((row) => [Number(row.id), fileOf(row)]));
      return wanted.map(({ id }) => files.get(id));
    };
    const bytesOf = ({ size }: Row) => size;
    this.#rows = new SharedLookups(reader, { maxBytes: maxBytesAtOnce, bytesOf });
    this.#largeRows = new SharedLookups(reader, { maxBytes: 0, bytesOf, maxUnderWay: 1 });
  }

  async newest(gun: string, role: RoleName): Promise<StoredFile | undefined> {
    if (!isStorable(gun, role)) return undefined;
    return this.#file(await this.#newest.ask(key(gun, role), [gun, role]));
  }

  async byVersion(gun: string, role: RoleName, version: number): Promise<StoredFile | undefined> {
    if (!isStorable(gun, role) || version > maxStoredVersion) return undefined;
    return this.#file(
      await this.#byVersion.ask(key(gun, role, String(version)), [gun, role, version]),
    );
  }

  async byChecksum(gun: string, role: RoleName, sha256: string): Promise<StoredFile | undefined> {
    if (!isStorable(gun, role, sha256)) return undefined;
    return this.#file(await this.#byChecksum.ask(key(gun, role, sha256), [gun, role, sha256]));
  }

  /** Undefined when the row was deleted since it was found. */
  async #file(found: Found | undefined): Promise<StoredFile | undefined> {
    if (found === undefined) return undefined;
    const known = this.#hot.get(found.id);
    if (known !== undefined && known.sha256 === found.sha256) return known;
    const rows = found.size > largeFileBytes ? this.#largeRows : this.#rows;
    const file = await rows.ask(String(found.id), found);
    if (file === undefined) return undefined;
    const other = this.#hot.get(found.id);
    // Everybody gets the same object: what was parsed of it lives with it.
    if (other?.sha256 === file.sha256) return other;
    this.#hot.forget(found.id);
    this.#hot.set(found.id, file);
    return file;
  }
}

/** No text that is asked for holds a zero byte. */
function key(...parts: readonly string[]): string {
  return parts.join('\0');
}

function columnsOf(questions: readonly Question[]): readonly Value[] {
  const width = questions[0]?.length ?? 0;
  return Array.from({ length: width }, (_, column) =>
    questions.map((question) => question[column] ?? null),
  );
}

function fileOf(row: FileRow): StoredFile {
  return {
    role: parseRoleName(row.role),
    version: Number(row.version),
    sha256: row.sha256 ?? createHash('sha256').update(row.data).digest('hex'),
    bytes: row.data,
    createdAtMs: Number(row.created_ms),
  };
}
