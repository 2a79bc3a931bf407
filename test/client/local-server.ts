// The trust server's own rules behind the client's port, without a network: uploads are judged, snapshots and
// timestamps made, races decided by the code that the real server runs. A test can stand in the way of any call.
import { silentLog } from '../../src/daemon/log.ts';
import { asFailure, Failure } from '../../src/errors.ts';
import type { MetadataName, ServerRole, TrustServer } from '../../src/remote/trust-server.ts';
import { LocalSigning } from '../../src/server/release/local-signing.ts';
import { PublishedFiles } from '../../src/server/release/published-files.ts';
import { Publisher } from '../../src/server/release/publisher.ts';
import { Renewal } from '../../src/server/release/renewal.ts';
import { RepositoryLocks } from '../../src/server/release/repository-locks.ts';
import { serverKey } from '../../src/server/release/server-keys.ts';
import { MemoryStore } from '../../src/server/store/memory.ts';
import type { PublicKey } from '../../src/tuf/public-key.ts';
import type { RoleName } from '../../src/tuf/role.ts';
import { simulatedNowMs } from '../simulator/repository.ts';

type Call = 'fetch' | 'publish' | 'serverKey' | 'rotateServerKey' | 'remove';

export class LocalServer implements TrustServer {
  readonly url = 'https://trust.test';
  readonly calls: string[] = [];
  nowMs = simulatedNowMs;
  /** Runs before each call; throws to make it fail. */
  before: (call: Call, detail: string) => Promise<void> | void = () => undefined;
  /** Runs after a call was carried out; throws to lose its answer. */
  after: (call: Call, detail: string) => Promise<void> | void = () => undefined;
  readonly #store = new MemoryStore();
  readonly #signing = new LocalSigning();
  readonly #ports = {
    store: this.#store,
    signing: this.#signing,
    locks: new RepositoryLocks(),
    log: silentLog(),
    nowMs: () => this.nowMs,
  };
  readonly #publisher = new Publisher(this.#ports);
  readonly #files = new PublishedFiles(this.#store, new Renewal(this.#ports));

  async ping(): Promise<void> {}

  fetch(gun: string, name: MetadataName, maxBytes: number): Promise<Buffer | undefined> {
    return this.#call('fetch', JSON.stringify(name), async () => {
      const { role } = name;
      const stored =
        'sha256' in name
          ? await this.#files.byChecksum(gun, role, name.sha256)
          : 'version' in name
            ? await this.#files.byVersion(gun, role, name.version)
            : await this.#files.current(gun, role);
      if (stored !== undefined && stored.bytes.length > maxBytes)
        throw new Error('above the limit');
      return stored?.bytes;
    });
  }

  publish(gun: string, files: ReadonlyMap<RoleName, Buffer>): Promise<void> {
    return this.#call('publish', [...files.keys()].join(), () =>
      this.#publisher.publish(gun, files),
    );
  }

  serverKey(gun: string, role: ServerRole): Promise<PublicKey> {
    return this.#call('serverKey', role, () => serverKey(gun, role, this.#ports));
  }

  rotateServerKey(gun: string, role: ServerRole): Promise<PublicKey> {
    return this.#call('rotateServerKey', role, () => this.#signing.createKey(gun, role));
  }

  remove(gun: string): Promise<void> {
    return this.#call('remove', gun, async () => void (await this.#publisher.remove(gun)));
  }

  async version(gun: string, role: RoleName): Promise<number | undefined> {
    return (await this.#files.current(gun, role))?.version;
  }

  /** Every further call of this kind fails. */
  failAt(call: Call, failure: Failure): void {
    this.before = (made) => {
      if (made === call) throw failure;
    };
  }

  async #call<T>(call: Call, detail: string, work: () => Promise<T>): Promise<T> {
    this.calls.push(`${call} ${detail}`);
    await this.before(call, detail);
    const result = await work().catch((error: unknown) => {
      throw overTheWire(error);
    });
    await this.after(call, detail);
    return result;
  }
}

/** What a client is told of a failure: refusals of an upload keep their code, the rest is the server's trouble. */
function overTheWire(error: unknown): Failure {
  const failure = asFailure(error);
  const isTold = failure.code === 'UPLOAD_REJECTED' || failure.code === 'VERSION_CONFLICT';
  return isTold ? failure : new Failure('SERVER_ERROR', failure.message, { cause: failure });
}
