// A signing service that is loaded when it is first asked: a gRPC library takes longer to load than the rest of the
// server, which can answer reads meanwhile.
import type { PublicKey } from '../../tuf/public-key.ts';
import type { OnlineRole, SigningService } from './signing-service.ts';

export class DeferredSigning implements SigningService {
  readonly kind;
  readonly #load: () => Promise<SigningService>;
  #service: Promise<SigningService> | undefined;

  /** `load` is called again only after it failed. */
  constructor(kind: SigningService['kind'], load: () => Promise<SigningService>) {
    this.kind = kind;
    this.#load = load;
  }

  async createKey(gun: string, role: OnlineRole): Promise<PublicKey> {
    return (await this.#loaded()).createKey(gun, role);
  }

  async publicKey(keyId: string): Promise<PublicKey | undefined> {
    return (await this.#loaded()).publicKey(keyId);
  }

  async roleOf(keyId: string): Promise<string | undefined> {
    return (await this.#loaded()).roleOf(keyId);
  }

  async sign(keyId: string, message: Buffer): Promise<Buffer> {
    return (await this.#loaded()).sign(keyId, message);
  }

  async check(): Promise<void> {
    await (await this.#loaded()).check();
  }

  async close(): Promise<void> {
    // What could not be loaded has nothing to close; who asked for it was told.
    const service = await this.#service?.catch(() => undefined);
    await service?.close();
  }

  #loaded(): Promise<SigningService> {
    this.#service ??= this.#load().catch((error: unknown) => {
      this.#service = undefined;
      throw error;
    });
    return this.#service;
  }
}
