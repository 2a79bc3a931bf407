// Writes: an upload becomes a publication, checked and stored as one; a repository is removed.
import { isFailure } from '../../errors.ts';
import type { RoleName } from '../../tuf/role.ts';
import type { Publication, TufStore } from '../store/store.ts';
import { checkUpload } from './check-upload.ts';
import type { RepositoryLocks } from './repository-locks.ts';
import type { SigningService } from './signing-service.ts';

/** How often an upload is judged anew because another server published between check and commit. */
const maxAttempts = 4;

export interface PublisherPorts {
  readonly store: TufStore;
  readonly signing: SigningService;
  readonly locks: RepositoryLocks;
  readonly nowMs: () => number;
}

export class Publisher {
  readonly #ports: PublisherPorts;

  constructor(ports: PublisherPorts) {
    this.#ports = ports;
  }

  /**
   * Returns once everything is stored; nothing is when it throws.
   * @throws Failure as checkUpload does; VERSION_CONFLICT, VERSION_LEAP, RATE_LIMITED
   */
  publish(gun: string, upload: ReadonlyMap<RoleName, Buffer>): Promise<void> {
    return this.#ports.locks.run(gun, async () => {
      for (let attempt = 1; ; attempt += 1) {
        const publication = await checkUpload(upload, {
          ...this.#ports,
          gun,
          nowMs: this.#ports.nowMs(),
        });
        try {
          await this.#ports.store.publish(publication);
          return;
        } catch (error) {
          if (attempt === maxAttempts || !isFailure(error, 'VERSION_CONFLICT')) throw error;
          // What the client sent may still be new; only what was made here may have lost a race.
          if (!(await this.#hasMoved(publication))) throw error;
        }
      }
    });
  }

  /** False when there was nothing to remove. @throws Failure STORE_FAILED */
  remove(gun: string): Promise<boolean> {
    const { locks, store, nowMs } = this.#ports;
    return locks.run(gun, () => store.remove(gun, nowMs()));
  }

  async #hasMoved({ gun, basedOn }: Publication): Promise<boolean> {
    return (await this.#ports.store.newest(gun, 'timestamp'))?.version !== basedOn;
  }
}
