// Private keys of a test, in memory: as quick as the key files are slow by intent. A key can be locked, which is
// what a wrong passphrase comes to.
import { Failure } from '../../src/errors.ts';
import type { KeyEntry, KeyRemover, KeyStore, Signer } from '../../src/keys/key-store.ts';
import { generatePrivateKey, type PrivateKey } from '../../src/keys/private-key.ts';
import { softwareSigner } from '../../src/keys/software-signer.ts';

export class KeyRing implements KeyStore, KeyRemover {
  readonly #keys = new Map<string, { readonly key: PrivateKey; readonly entry: KeyEntry }>();
  /** Ids of keys whose passphrase is wrong. */
  readonly locked = new Set<string>();
  readonly opened: string[] = [];
  /** Throws to make the next keys fail. */
  beforeGenerating: (role: string) => void = () => undefined;

  async list(): Promise<readonly KeyEntry[]> {
    return [...this.#keys.values()].map(({ entry }) => entry);
  }

  async open(id: string): Promise<Signer> {
    this.opened.push(id);
    const found = this.#keys.get(id);
    if (found === undefined) throw new Failure('KEY_NOT_FOUND', `there is no key ${id}`);
    if (this.locked.has(id))
      throw new Failure('PASSPHRASE_WRONG', `the passphrase of ${id} is wrong`);
    return softwareSigner(found.key);
  }

  async generate(role: string, gun?: string): Promise<Signer> {
    this.beforeGenerating(role);
    const key = generatePrivateKey();
    const id = key.publicKey.canonicalId;
    this.#keys.set(id, { key, entry: { id, role, gun, location: `ring ${id}` } });
    return softwareSigner(key);
  }

  /** Ids of the keys of a role, sorted. */
  ids(role: string): readonly string[] {
    const entries = [...this.#keys.values()].map(({ entry }) => entry);
    return entries
      .filter((entry) => entry.role === role)
      .map(({ id }) => id)
      .toSorted();
  }

  /** Throws to make the next removals fail. */
  beforeRemoving: (id: string) => void = () => undefined;

  async remove(id: string): Promise<void> {
    this.beforeRemoving(id);
    if (!this.#keys.delete(id)) throw new Failure('KEY_NOT_FOUND', `there is no key ${id}`);
  }

  /** Hands a key over to another ring, as export and import do. */
  give(id: string, to: KeyRing): void {
    const found = this.#keys.get(id);
    if (found === undefined) throw new Error(`no key ${id}`);
    to.#keys.set(id, found);
  }
}
