// The store that keeps everything in this process and loses it with the process: for the sandbox, for
// tests, and for notary's `backend: memory`. It needs no compiled add-on. Every operation runs to its end
// without waiting, so that nothing can come between the steps of a transaction.
import { createHash } from 'node:crypto';
import type { RoleName } from '../../tuf/role.ts';
import { inInsertionOrder, judgeBase, judgeVersion } from './publication.ts';
import type { Change, ChangeQuery, Publication, StoredFile, TufStore } from './store.ts';

/** Files of one role, oldest version first: publish only ever appends. */
type Repository = Map<RoleName, StoredFile[]>;

export class MemoryStore implements TufStore {
  readonly #repositories = new Map<string, Repository>();
  readonly #floors = new Map<string, Map<RoleName, number>>();
  readonly #changes: Change[] = [];
  #lastChangeId = 0;

  async newest(gun: string, role: RoleName): Promise<StoredFile | undefined> {
    return this.#files(gun, role).at(-1);
  }

  async byChecksum(gun: string, role: RoleName, sha256: string): Promise<StoredFile | undefined> {
    return this.#files(gun, role).findLast((file) => file.sha256 === sha256);
  }

  async byVersion(gun: string, role: RoleName, version: number): Promise<StoredFile | undefined> {
    return this.#files(gun, role).findLast((file) => file.version === version);
  }

  async publish(publication: Publication): Promise<void> {
    const { gun, nowMs } = publication;
    const files = inInsertionOrder(publication);
    judgeBase(publication, this.#files(gun, 'timestamp').at(-1)?.version);
    for (const file of files) {
      judgeVersion(gun, file, this.#files(gun, file.role).at(-1)?.version ?? 0);
    }
    const repository = this.#repositories.get(gun) ?? new Map<RoleName, StoredFile[]>();
    this.#repositories.set(gun, repository);
    for (const { role, version, bytes } of files) {
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const stored = { role, version, sha256, bytes, createdAtMs: nowMs };
      const earlier = repository.get(role);
      if (earlier === undefined) repository.set(role, [stored]);
      else earlier.push(stored);
      if (role === 'timestamp') this.#record(nowMs, gun, version, sha256, 'update');
    }
  }

  async remove(gun: string, nowMs: number): Promise<boolean> {
    const repository = this.#repositories.get(gun);
    if (repository === undefined) return false;
    const floors = this.#floors.get(gun) ?? new Map<RoleName, number>();
    for (const [role, files] of repository) {
      floors.set(role, Math.max(floors.get(role) ?? 0, files.at(-1)?.version ?? 0));
    }
    this.#floors.set(gun, floors);
    this.#repositories.delete(gun);
    this.#record(nowMs, gun, 0, '', 'deletion');
    return true;
  }

  async floors(gun: string): Promise<ReadonlyMap<RoleName, number>> {
    return this.#floors.get(gun) ?? new Map();
  }

  async changes(query: ChangeQuery): Promise<readonly Change[]> {
    const { gun, fromId, backwards, limit } = query;
    const ofGun = this.#changes.filter((change) => gun === undefined || change.gun === gun);
    if (!backwards) return ofGun.filter((change) => change.id > fromId).slice(0, limit);
    return ofGun.filter((change) => fromId <= 0 || change.id < fromId).slice(-limit);
  }

  async check(): Promise<void> {}

  async close(): Promise<void> {}

  #files(gun: string, role: RoleName): StoredFile[] {
    return this.#repositories.get(gun)?.get(role) ?? [];
  }

  #record(
    createdAtMs: number,
    gun: string,
    version: number,
    sha256: string,
    category: Change['category'],
  ): void {
    this.#lastChangeId += 1;
    this.#changes.push({ id: this.#lastChangeId, createdAtMs, gun, version, sha256, category });
  }
}
