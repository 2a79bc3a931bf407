// `notary init GUN`: makes the keys of a repository and its first files, which the next publication sends (client store
// §9.1). Which root key serves is not left to chance: the one that is named, else the first by its id.
import { prepareRepository } from '../../client/publish/prepare.ts';
import { isFailure } from '../../errors.ts';
import type { KeyFileStore } from '../../keys/file-store.ts';
import type { PublicKey } from '../../tuf/public-key.ts';
import { readPublicKeyArgument } from '../public-key-argument.ts';
import type { NotaryBody, NotaryCall } from './command.ts';
import { gunOf } from './gun-argument.ts';
import { importRoleKey } from './key-files.ts';
import { prefixed } from './prefix.ts';
import { withPublisher } from './publisher.ts';
import { inSession } from './session.ts';
import { maybePublish } from './staging.ts';

export const run: NotaryBody['run'] = async (call) => {
  const gun = gunOf(call);
  await inSession(call, async (session) => {
    const server = await session.server('write');
    await withPublisher(session, server, call, async (ports) => {
      const chosen = await rootKeyId(call, ports.keys);
      if (chosen !== undefined) session.console.print(`Root key found, using: ${chosen}`);
      const certificate = await rootCertificate(call);
      // As in notary, a certificate that is given alone finds its key among all of them.
      const isNamed = call.flags.text('rootkey') !== '';
      const keyId = certificate !== undefined && !isNamed ? undefined : chosen;
      const request = { gun, rootKeyId: keyId, certificate, snapshotHolder: 'local' } as const;
      await inNotarysWords(certificate, () => prepareRepository(request, ports));
    });
    await maybePublish(gun, session, call);
  });
};

async function rootKeyId(call: NotaryCall, keys: KeyFileStore): Promise<string | undefined> {
  const file = call.flags.text('rootkey');
  if (file !== '') return importRoleKey(file, { role: 'root', gun: undefined }, keys, call.world);
  const roots = (await keys.list()).filter(({ role }) => role === 'root');
  return roots.map(({ id }) => id).toSorted()[0];
}

async function rootCertificate({ flags, world }: NotaryCall): Promise<PublicKey | undefined> {
  const file = flags.text('rootcert');
  if (file === '') return undefined;
  return readPublicKeyArgument(file, world, {
    unread: (failure) => prefixed('error reading certificate file: ', failure),
  });
}

async function inNotarysWords<T>(
  certificate: PublicKey | undefined,
  prepare: () => Promise<T>,
): Promise<T> {
  try {
    return await prepare();
  } catch (error) {
    if (certificate === undefined || !isFailure(error, 'KEY_NOT_FOUND', 'KEY_ROLE_MISMATCH')) {
      throw error;
    }
    const why =
      error.code === 'KEY_NOT_FOUND'
        ? 'error initializing repository with certificate'
        : 'could not obtain public key from IDs';
    throw error.with({ message: `${why}: ${error.message}` });
  }
}
