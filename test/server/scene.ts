// A repository of the simulator before the server's release room: what the simulator signs is uploaded, and the
// snapshot and timestamp keys that its root lists are held by a signing service that a test can break.
import { silentLog } from '../../src/daemon/log.ts';
import { Failure } from '../../src/errors.ts';
import { PublishedFiles } from '../../src/server/release/published-files.ts';
import { Publisher } from '../../src/server/release/publisher.ts';
import { Renewal } from '../../src/server/release/renewal.ts';
import { RepositoryLocks } from '../../src/server/release/repository-locks.ts';
import type { OnlineRole, SigningService } from '../../src/server/release/signing-service.ts';
import { MemoryStore } from '../../src/server/store/memory.ts';
import type { TufStore } from '../../src/server/store/store.ts';
import type { PublicKey } from '../../src/tuf/public-key.ts';
import type { RoleName } from '../../src/tuf/role.ts';
import { RepositorySimulator } from '../simulator/repository.ts';
import { SimulatedKey } from '../simulator/simulated-key.ts';

class SimulatedSigning implements SigningService {
  kind: 'local' | 'remote' = 'local';
  readonly held = new Map<string, SimulatedKey>();
  /** For which role a key was made, where the service knows. */
  readonly roles = new Map<string, string>();
  /** What every call throws while it is set. */
  fault: Failure | undefined;
  signatures = 0;

  hold(...keys: readonly SimulatedKey[]): void {
    for (const key of keys) this.held.set(key.key.id, key);
  }

  async createKey(_gun: string, _role: OnlineRole): Promise<PublicKey> {
    this.#work();
    const key = SimulatedKey.generate();
    this.hold(key);
    return key.key;
  }

  async publicKey(keyId: string): Promise<PublicKey | undefined> {
    this.#work();
    return this.held.get(keyId)?.key;
  }

  async roleOf(keyId: string): Promise<string | undefined> {
    this.#work();
    return this.held.has(keyId) ? (this.roles.get(keyId) ?? '') : undefined;
  }

  async sign(keyId: string, message: Buffer): Promise<Buffer> {
    this.#work();
    const key = this.held.get(keyId);
    if (key === undefined) {
      const words = `key ${keyId} not found`;
      const rpc = `rpc error: code = NotFound desc = ${words}`;
      throw new Failure('SIGNING_KEY_NOT_FOUND', this.kind === 'remote' ? rpc : words);
    }
    this.signatures += 1;
    return key.sign(message).sig;
  }

  async check(): Promise<void> {
    this.#work();
  }

  async close(): Promise<void> {}

  #work(): void {
    if (this.fault !== undefined) throw this.fault;
  }
}

export class Scene {
  readonly sim: RepositorySimulator;
  readonly signing = new SimulatedSigning();
  readonly store: TufStore;
  readonly publisher: Publisher;
  readonly renewal: Renewal;
  readonly files: PublishedFiles;
  readonly #nowMs = (): number => this.sim.nowMs;

  constructor(store: TufStore = new MemoryStore(), gun?: string) {
    this.sim = new RepositorySimulator(gun);
    this.store = store;
    this.holdOnlineKeys();
    const { signing } = this;
    const ports = { store, signing, locks: new RepositoryLocks(), nowMs: this.#nowMs };
    this.publisher = new Publisher(ports);
    this.renewal = new Renewal({ ...ports, log: silentLog() });
    this.files = new PublishedFiles(store, this.renewal);
  }

  get gun(): string {
    return this.sim.gun;
  }

  /** Gives the signing service what the simulator's root lists for its two roles. */
  holdOnlineKeys(): void {
    for (const role of ['snapshot', 'timestamp'] as const) {
      this.signing.hold(...(this.sim.signers.get(role) ?? []));
    }
  }

  /** Uploads the simulator's present files of these roles. */
  upload(...roles: readonly RoleName[]): Promise<void> {
    return this.uploadBytes(Object.fromEntries(roles.map((role) => [role, this.sim.bytes(role)])));
  }

  uploadBytes(files: Readonly<Record<string, Buffer>>): Promise<void> {
    const upload = new Map<RoleName, Buffer>();
    for (const [role, bytes] of Object.entries(files)) upload.set(role as RoleName, bytes);
    return this.publisher.publish(this.gun, upload);
  }

  /** A repository at root 1, targets 1, snapshot 1, timestamp 1. */
  static async published(store?: TufStore): Promise<Scene> {
    const scene = new Scene(store);
    await scene.upload('root', 'targets');
    return scene;
  }

  async version(role: RoleName): Promise<number | undefined> {
    return (await this.store.newest(this.gun, role))?.version;
  }
}
