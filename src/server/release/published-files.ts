// Reads: which stored file answers a request for a role. By name, the file of the current release; by hash or
// version, the row as it stands. A role that is not there is undefined, never an error.
import type { RoleName } from '../../tuf/role.ts';
import type { StoredFile, TufStore } from '../store/store.ts';
import { currentRelease, fileOf } from './current-release.ts';
import type { Renewal } from './renewal.ts';

export class PublishedFiles {
  readonly #store: TufStore;
  readonly #renewal: Renewal;

  constructor(store: TufStore, renewal: Renewal) {
    this.#store = store;
    this.#renewal = renewal;
  }

  /** @throws Failure when snapshot or timestamp has expired and cannot be made anew; STORE_FAILED */
  current(gun: string, role: RoleName): Promise<StoredFile | undefined> {
    return role === 'timestamp' ? this.#renewal.timestamp(gun) : this.#listed(gun, role);
  }

  /** `sha256` as hex; the rows hold lower case, and other spellings are not found, as in Go. */
  byChecksum(gun: string, role: RoleName, sha256: string): Promise<StoredFile | undefined> {
    return this.#store.byChecksum(gun, role, sha256);
  }

  byVersion(gun: string, role: RoleName, version: number): Promise<StoredFile | undefined> {
    return this.#store.byVersion(gun, role, version);
  }

  async #listed(gun: string, role: RoleName): Promise<StoredFile | undefined> {
    if (role === 'snapshot') await this.#renewal.timestamp(gun);
    const release = await currentRelease(this.#store, gun);
    return release && fileOf(this.#store, gun, release, role);
  }
}
