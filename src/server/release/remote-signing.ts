// The signing service behind gRPC and mutual TLS: notary-signer or paraph-signer, which speak the same protocol
// (signer API §1). What a signer answers is not believed further than needed: a public key must
// have the id under which it was asked for, and signatures are verified by whoever attaches them.
import {
  HealthCheckResponse_ServingStatus,
  HealthService,
} from '../../daemon/rpc/generated/health.ts';
import {
  KeyManagementService,
  type PublicKey as PublicKeyMessage,
  SignerService,
} from '../../daemon/rpc/generated/signer.ts';
import { keyManagementHealth, signerHealth } from '../../daemon/rpc/protocol.ts';
import { Failure, isFailure } from '../../errors.ts';
import { type PublicKey, publicKey } from '../../tuf/public-key.ts';
import { type SignerAddress, SignerConnection } from './signer-connection.ts';
import type { OnlineRole, SigningService } from './signing-service.ts';

/** A signature takes a signer a few milliseconds; a new key may wait for its database. */
const signDeadlineMs = 10_000;
const keyDeadlineMs = 15_000;
const healthDeadlineMs = 10_000;

/** Public keys remembered: a key that a signer has does not change. */
const maxKnownKeys = 5000;

const { createKey, getKeyInfo } = KeyManagementService;
const { sign } = SignerService;
const { check } = HealthService;

export interface RemoteSigningOptions {
  readonly address: SignerAddress;
  /** `ecdsa` or `ed25519`: what new keys are. */
  readonly algorithm: string;
}

interface KnownKey {
  readonly key: PublicKey;
  readonly role: string;
}

export class RemoteSigning implements SigningService {
  readonly kind = 'remote';
  readonly #connection: SignerConnection;
  readonly #algorithm: string;
  readonly #known = new Map<string, KnownKey>();

  constructor({ address, algorithm }: RemoteSigningOptions) {
    this.#connection = new SignerConnection(address);
    this.#algorithm = algorithm;
  }

  async createKey(gun: string, role: OnlineRole): Promise<PublicKey> {
    const request = { algorithm: this.#algorithm, gun, role };
    const key = readKey(await this.#connection.call(createKey, request, keyDeadlineMs));
    this.#remember({ key, role });
    return key;
  }

  async publicKey(keyId: string): Promise<PublicKey | undefined> {
    return (await this.#find(keyId))?.key;
  }

  async roleOf(keyId: string): Promise<string | undefined> {
    return (await this.#find(keyId))?.role;
  }

  async #find(keyId: string): Promise<KnownKey | undefined> {
    const known = this.#known.get(keyId);
    if (known !== undefined) return known;
    try {
      const answer = await this.#connection.call(getKeyInfo, { ID: keyId }, keyDeadlineMs);
      const found = { key: readKey(answer), role: answer.role };
      if (found.key.id !== keyId) throw wrongAnswer(`another key than ${keyId}`);
      this.#remember(found);
      return found;
    } catch (error) {
      if (isFailure(error, 'SIGNING_KEY_NOT_FOUND')) return undefined;
      throw error;
    }
  }

  #remember(found: KnownKey): void {
    if (this.#known.size >= maxKnownKeys) this.#known.clear();
    this.#known.set(found.key.id, found);
  }

  async sign(keyId: string, message: Buffer): Promise<Buffer> {
    const request = { keyID: { ID: keyId }, content: message };
    try {
      const { content } = await this.#connection.call(sign, request, signDeadlineMs);
      return content;
    } catch (error) {
      if (!isFailure(error, 'SIGNING_KEY_NOT_FOUND')) throw error;
      // Go asks for the key first, and its clients know the words of that answer.
      throw new Failure(
        'SIGNING_KEY_NOT_FOUND',
        `rpc error: code = NotFound desc = key ${keyId} not found`,
        { cause: error },
      );
    }
  }

  /** The two services that Go's server asks for. */
  async check(): Promise<void> {
    for (const service of [keyManagementHealth, signerHealth]) {
      const answer = await this.#connection.call(check, { service }, healthDeadlineMs);
      if (answer.status !== HealthCheckResponse_ServingStatus.SERVING) {
        throw new Failure('SIGNER_UNAVAILABLE', `${service} is not serving`);
      }
    }
  }

  close(): Promise<void> {
    return this.#connection.close();
  }
}

/** @throws Failure SIGNING_FAILED when the answer names a key by an id that is not that of its content */
function readKey(message: Pick<PublicKeyMessage, 'keyInfo' | 'publicKey'>): PublicKey {
  const keyType = message.keyInfo?.algorithm?.algorithm;
  if (keyType !== 'ecdsa' && keyType !== 'ed25519' && keyType !== 'rsa') {
    throw wrongAnswer('a key of an unknown type');
  }
  // A copy: what the codec hands out is a view that would keep the whole answer in memory with the key.
  const key = publicKey(keyType, Buffer.from(message.publicKey));
  if (key.id !== message.keyInfo?.keyID?.ID) throw wrongAnswer('a key under a wrong id');
  return key;
}

function wrongAnswer(what: string): Failure {
  return new Failure('SIGNING_FAILED', `the signing service answered with ${what}`);
}
