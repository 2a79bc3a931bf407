// Repositories as large as they come: one with very many tags, or very many with one tag each, signed and
// valid, published over the API like any other.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodePem } from '../src/encoding/pem.ts';
import { lockKey } from '../src/keys/key-block.ts';
import { type Target, TargetTable } from '../src/tuf/target-table.ts';
import { peer } from '../test/peers/peers.ts';
import { mustRun } from '../test/peers/program.ts';
import type { Endpoint } from './load/http-connection.ts';
import { type PublishResult, publish } from './load/publishers.ts';
import { BenchRepository, targetOf } from './repository.ts';

/** Hashes of an entry as `notary add` writes it; docker writes the first alone. */
const bothHashes = ['sha256', 'sha512'];
/** Rounds of key derivation that notary writes. */
const goRounds = 2048;

/** The name of a tag by its number. */
export function tagName(number: number): string {
  return `build-${String(number).padStart(6, '0')}`;
}

/** A table of `tags` tags, each with SHA-256 and SHA-512. */
export function manyTags(tags: number): TargetTable {
  const entries = Array.from({ length: tags }, (_, number): readonly [string, Target] => {
    const name = tagName(number);
    return [name, targetOf(name, bothHashes)];
  });
  return TargetTable.empty().with(new Map(entries));
}

/** Publishes `count` repositories with one tag each; `gunOf` names them by number. */
export function publishMany(
  endpoint: Endpoint,
  count: number,
  publishers: number,
  gunOf: (number: number) => string,
): Promise<PublishResult> {
  const nowMs = Date.now();
  let next = 0;
  return publish(endpoint, publishers, Number.POSITIVE_INFINITY, [], () => {
    if (next === count) return undefined;
    const repository = new BenchRepository(gunOf(next), nowMs);
    next += 1;
    return (connection) => repository.publishFirst(connection);
  });
}

/** Puts the targets key into a trust directory in the form in which Paraph writes keys. */
export async function storeKeyAsOurs(
  { gun, targetsKey }: BenchRepository,
  keysFolder: string,
  passphrase: string,
): Promise<void> {
  const block = await lockKey(
    targetsKey,
    Buffer.from(passphrase),
    new Map([
      ['role', 'targets'],
      ['gun', gun],
    ]),
  );
  const file = join(keysFolder, `${targetsKey.publicKey.id}.key`);
  await writeFile(file, encodePem(block), { mode: 0o600 });
}

/** The same as notary writes it: each side opens keys at the cost that its own format has. */
export async function storeKeyAsGo(
  { gun, targetsKey }: BenchRepository,
  keysFolder: string,
  passphrase: string,
): Promise<void> {
  const cipher = ['-topk8', '-v2', 'aes-256-cbc', '-v2prf', 'hmacWithSHA1', '-iter', `${goRounds}`];
  const text = await mustRun(peer('openssl'), ['pkcs8', ...cipher, '-passout', 'env:PASSPHRASE'], {
    input: targetsKey.keyObject.export({ type: 'sec1', format: 'pem' }),
    env: { PASSPHRASE: passphrase },
  });
  const file = join(keysFolder, `${targetsKey.publicKey.id}.key`);
  const headers = `gun: ${gun}\nrole: targets\n\n`;
  await writeFile(file, text.replace('-----\n', `-----\n${headers}`), { mode: 0o600 });
}
