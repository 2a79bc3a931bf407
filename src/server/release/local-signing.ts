// `trust_service.type: local`: Ed25519 keys in the memory of this process, lost with it, as in Go. For trying
// and for tests; a server that matters has a signer.
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { Failure } from '../../errors.ts';
import { type PublicKey, publicKeyFromSpki } from '../../tuf/public-key.ts';
import type { OnlineRole, SigningService } from './signing-service.ts';

/** Anybody who may ask for a key may ask again and again; memory must not grow with it. */
const maxKeys = 100_000;

interface LocalKey {
  readonly key: PublicKey;
  readonly secret: KeyObject;
  readonly role: OnlineRole;
  readonly place: string;
}

export class LocalSigning implements SigningService {
  readonly kind = 'local';
  readonly #keys = new Map<string, LocalKey>();
  /** Keys that never signed, by repository and role: asked for again, they are given again. */
  readonly #pending = new Map<string, PublicKey>();

  async createKey(gun: string, role: OnlineRole): Promise<PublicKey> {
    const place = `${role} ${gun}`;
    const pending = this.#pending.get(place);
    if (pending !== undefined) return pending;
    if (this.#keys.size >= maxKeys) {
      throw new Failure('SIGNING_FAILED', 'the local signing service holds no more keys');
    }
    const pair = generateKeyPairSync('ed25519');
    const key = publicKeyFromSpki(pair.publicKey.export({ type: 'spki', format: 'der' }));
    this.#keys.set(key.id, { key, secret: pair.privateKey, role, place });
    this.#pending.set(place, key);
    return key;
  }

  async publicKey(keyId: string): Promise<PublicKey | undefined> {
    return this.#keys.get(keyId)?.key;
  }

  async roleOf(keyId: string): Promise<string | undefined> {
    return this.#keys.get(keyId)?.role;
  }

  async sign(keyId: string, message: Buffer): Promise<Buffer> {
    const entry = this.#keys.get(keyId);
    if (entry === undefined) throw new Failure('SIGNING_KEY_NOT_FOUND', `key ${keyId} not found`);
    if (this.#pending.get(entry.place) === entry.key) this.#pending.delete(entry.place);
    return sign(null, message, entry.secret);
  }

  async check(): Promise<void> {}

  async close(): Promise<void> {
    this.#keys.clear();
    this.#pending.clear();
  }
}
