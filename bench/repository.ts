// A repository as its publisher holds it: keys, and the signed files of the next upload. Everything is made
// by the code that Paraph publishes with; only where the keys live is simpler.
import { createHash, type KeyObject, sign } from 'node:crypto';
import { JsonView } from '../src/encoding/json-view.ts';
import { parseJson } from '../src/encoding/strict-json.ts';
import { generatePrivateKey, type PrivateKey } from '../src/keys/private-key.ts';
import { attachSignatures, composeRoot, composeTargets, release } from '../src/tuf/compose.ts';
import { type PublicKey, parsePublicKey } from '../src/tuf/public-key.ts';
import { type Target, TargetTable } from '../src/tuf/target-table.ts';
import { SimulatedKey } from '../test/simulator/simulated-key.ts';
import { getRequest, type HttpConnection, uploadRequest } from './load/http-connection.ts';

/** A manifest of usual size, in bytes. */
const manifestBytes = 1846;

export class BenchRepository {
  readonly gun: string;
  readonly targetsKey: PrivateKey = generatePrivateKey();
  readonly #nowMs: number;
  readonly #rootKey: SimulatedKey;
  #table: TargetTable;
  #version = 0;

  constructor(gun: string, nowMs: number, table: TargetTable = oneTag('latest', 0)) {
    this.gun = gun;
    this.#nowMs = nowMs;
    this.#rootKey = SimulatedKey.root(gun, nowMs);
    this.#table = table;
  }

  path(file: string): string {
    return `/v2/${this.gun}/_trust/tuf/${file}`;
  }

  /** Asks for the server's keys and publishes root and targets: a first publish as a client makes it. */
  async publishFirst(connection: HttpConnection): Promise<void> {
    const root = this.root(
      await this.#serverKey(connection, 'snapshot'),
      await this.#serverKey(connection, 'timestamp'),
    );
    const files = new Map([
      ['root', root],
      ['targets', this.nextTargets()],
    ]);
    await connection.must('first publish', uploadRequest(this.path(''), files));
  }

  /** The upload that moves `latest` to other content. */
  nextUpload(): Buffer {
    this.#table = oneTag('latest', this.#version);
    return uploadRequest(this.path(''), new Map([['targets', this.nextTargets()]]));
  }

  nextTargets(): Buffer {
    const head = release('targets', this.#version, this.#nowMs);
    this.#version = head.version;
    const unsigned = composeTargets('targets', {
      ...head,
      targets: this.#table,
      delegations: { keys: new Map(), roles: [] },
      nulls: new Set(),
    });
    const { publicKey, keyObject } = this.targetsKey;
    const sig = signP256(keyObject, unsigned.signedBytes);
    return attachSignatures(unsigned, [{ keyId: publicKey.id, method: 'ecdsa', sig }]);
  }

  root(snapshot: PublicKey, timestamp: PublicKey): Buffer {
    const targets = this.targetsKey.publicKey;
    const keys = { root: this.#rootKey.key, targets, snapshot, timestamp };
    const unsigned = composeRoot({
      ...release('root', 0, this.#nowMs),
      keys: new Map(Object.values(keys).map((key) => [key.id, key])),
      roles: new Map(
        Object.entries(keys).map(([role, key]) => [role, { keyIds: [key.id], threshold: 1 }]),
      ),
      consistentSnapshot: false,
      nulls: new Set(),
    });
    return attachSignatures(unsigned, [this.#rootKey.sign(unsigned.signedBytes)]);
  }

  async #serverKey(connection: HttpConnection, role: string): Promise<PublicKey> {
    const body = await connection.must(`${role} key`, getRequest(this.path(`${role}.key`)));
    return parsePublicKey(new JsonView(parseJson(body), 'key'));
  }
}

/** A target as docker signs it, with content that depends on `seed`; with `sha512` as notary does. */
export function targetOf(seed: string, hashes: readonly string[] = ['sha256']): Target {
  const digests = hashes.map((hash): readonly [string, Buffer] => [
    hash,
    createHash(hash).update(seed).digest(),
  ]);
  return { length: manifestBytes, hashes: new Map(digests) };
}

function oneTag(name: string, version: number): TargetTable {
  return TargetTable.empty().with(new Map([[name, targetOf(`${name} ${version}`)]]));
}

function signP256(key: KeyObject, message: Buffer): Buffer {
  return sign('sha256', message, { key, dsaEncoding: 'ieee-p1363' });
}
