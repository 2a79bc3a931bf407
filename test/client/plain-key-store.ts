// The key files of a trust directory without encryption, so that a test that makes hundreds of keys ends in time.
// Everything but the passphrase is the real store: places, names, atomic creation, reading.
import { join } from 'node:path';
import { encodePem } from '../../src/encoding/pem.ts';
import { KeyFileStore } from '../../src/keys/file-store.ts';
import { createKeyFile, ensureKeyDirectory } from '../../src/keys/key-file.ts';
import { keyPath } from '../../src/keys/key-layout.ts';
import type { Signer } from '../../src/keys/key-store.ts';
import { writePkcs8 } from '../../src/keys/pkcs8.ts';
import { generatePrivateKey } from '../../src/keys/private-key.ts';

export class PlainKeyStore extends KeyFileStore {
  readonly #path: string;

  constructor(trustDirectory: string) {
    super(trustDirectory, { passphrase: () => Promise.reject(new Error('nothing is encrypted')) });
    this.#path = join(trustDirectory, 'private');
  }

  override async generate(role: string, gun?: string): Promise<Signer> {
    await ensureKeyDirectory(this.#path);
    const key = generatePrivateKey();
    const id = key.publicKey.canonicalId;
    const headers = new Map([
      ['role', role],
      ...(gun === undefined ? [] : [['gun', gun] as const]),
    ]);
    const block = { label: 'PRIVATE KEY', headers, bytes: writePkcs8(key) };
    await createKeyFile(keyPath(this.#path, id), encodePem(block));
    return this.open(id);
  }
}
