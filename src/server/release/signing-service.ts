// The port to whoever holds the private halves of snapshot and timestamp keys. Adapters: local-signing.ts
// (this process, for trying) and remote-signing.ts (a signer over gRPC). Private keys never cross this border.
import type { PublicKey } from '../../tuf/public-key.ts';

export type OnlineRole = 'snapshot' | 'timestamp';

export interface SigningService {
  /** `local` and `remote` differ in how Go words a missing key. */
  readonly kind: 'local' | 'remote';
  /**
   * A key for this role: new, or one made before for the same repository and role that never signed.
   * @throws Failure SIGNER_UNAVAILABLE, SIGNING_FAILED
   */
  createKey(gun: string, role: OnlineRole): Promise<PublicKey>;
  /** Undefined when the service does not have the key. @throws Failure SIGNER_UNAVAILABLE */
  publicKey(keyId: string): Promise<PublicKey | undefined>;
  /**
   * The role that the key was made for: empty when the service has the key and does not know, undefined when it does
   * not have it. @throws Failure SIGNER_UNAVAILABLE
   */
  roleOf(keyId: string): Promise<string | undefined>;
  /**
   * The bare signature over `message`; its method follows from the type of the key.
   * @throws Failure SIGNING_KEY_NOT_FOUND, SIGNER_UNAVAILABLE, SIGNING_FAILED
   */
  sign(keyId: string, message: Buffer): Promise<Buffer>;
  /** @throws Failure SIGNER_UNAVAILABLE when the service does not work */
  check(): Promise<void>;
  close(): Promise<void>;
}
